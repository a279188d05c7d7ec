"""What an `Executor` spec runs: its command line, and a digest that changes with its code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ymir.contracts.backend import Job
from ymir.jobs.away import Away
from ymir.jobs.environment import folder_of, python_of
from ymir.jobs.folder import lay_out
from ymir.jobs.inputs import settings
from ymir.jobs.manuals import manual_of, with_shared_memory
from ymir.jobs.request import Parameters, Request, fitted
from ymir.jobs.sources import source_digests
from ymir.spec.executor import ExecutorSpec


@dataclass(frozen=True)
class Program:
    """An executor, ready to be run; nothing is demanded of the machine before `command` is read."""

    digest: str
    bundled: str | None = None
    words: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """Program and arguments, none for an image's own; an error when it is not set up."""
        if self.bundled is None:
            return self.words
        return (str(python_of(self.bundled)), str(folder_of(self.bundled) / "main.py"))


def program(spec: ExecutorSpec, workspace: Path) -> Program:
    """How the executor is run from this workspace, and which executor it is."""
    if spec.image is not None:
        command = {"command": list(spec.command)} if spec.command else {}
        return Program(_digest(spec, {"image": spec.image, **command}), words=spec.command)
    if spec.bundled is not None:
        return Program(_digest(spec, source_digests(spec.bundled)), bundled=spec.bundled)
    own = [word for word in spec.command if _is_ours(workspace, word)]
    words = tuple(str(workspace.resolve() / word) if word in own else word for word in spec.command)
    digest = _digest(spec, {"command": list(spec.command), **_digests(workspace, own)})
    return Program(digest, words=words)


@dataclass(frozen=True)
class Runner:
    """An executor as a workspace runs it: what is needed to make jobs of requests."""

    spec: ExecutorSpec
    workspace: Path
    in_containers: bool
    templates: Mapping[str, Parameters] | None = (
        None  # its tasks' defaults; None: as its manual has
    )
    away: Away | None = None  # where nodes keep images that come to them from the remote

    def job(self, request: Request, folder: Path, name: str | None = None) -> Job:
        """Lay out `<folder>/in` and describe the job; it is called like its folder."""
        spoken = fitted(request, self.spec.protocol, self._templates())
        root = PurePosixPath("/") if self.in_containers else None
        lay_out(spoken, folder, root=root, away=self.away)
        found = program(self.spec, self.workspace)
        return Job(
            name=name or folder.name,
            command=found.words if self.in_containers else found.command,
            folder=folder,
            image=self._image(found) if self.in_containers else self.spec.image,
            env=self.spec.env,
            resources=with_shared_memory(self.spec.resources, settings(spoken)),
            network=self.spec.network,
            run_as_root=self.spec.run_as_root,
        )

    def _templates(self) -> Mapping[str, Parameters]:
        """The defaults of its tasks, where ymir can see them."""
        if self.templates is not None:
            return self.templates
        is_out_of_reach = self.spec.image is not None and not self.in_containers
        manual = None if is_out_of_reach else manual_of(self.spec)
        return manual.templates if manual else {}

    def _image(self, found: Program) -> str | None:
        """The spec's image, or the one that `ymir executor build` makes of a bundled executor."""
        return image_of(found.bundled) if found.bundled else self.spec.image


def image_of(bundled: str) -> str:
    """What the image of an executor that ships with ymir is called: it changes with its code."""
    canonical = json.dumps(source_digests(bundled), sort_keys=True)
    return f"ymir-{bundled}:{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"


def _is_ours(workspace: Path, word: str) -> bool:
    """Whether a word of a command names a file of the workspace."""
    try:
        path = (workspace / word).resolve()
        return path.is_file() and path.is_relative_to(workspace.resolve())
    except (OSError, ValueError):
        return False


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _digest(spec: ExecutorSpec, parts: Mapping[str, object]) -> str:
    """32 hex digits; resources have no say, as they change no result."""
    protocol = {} if spec.protocol == "1.1.0" else {"protocol": spec.protocol}
    canonical = json.dumps({"env": spec.env, **protocol, **parts}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
