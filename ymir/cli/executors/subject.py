"""What an executor's name, folder or image stands for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from ymir.cli.specs import catalogue
from ymir.errors import SpecError
from ymir.jobs.environment import bundled, folder_of
from ymir.jobs.program import image_of
from ymir.spec.executor import ExecutorSpec
from ymir.spec.image import Reference, is_allowed
from ymir.spec.workspace import WorkspaceSpec

How = Literal["process", "docker"]
PROGRAMS = ("run.py", "main.py", "start.py")
_PYTHONS = (".venv/bin/python", "venv/bin/python")


@dataclass(frozen=True)
class Subject:
    """An executor as the commands speak of it: its spec, and its folder where it has one."""

    name: str
    spec: ExecutorSpec
    how: How
    folder: Path | None = None
    is_buildable: bool = False  # from the Dockerfile in its folder

    @property
    def image(self) -> str | None:
        """The image that its containers are made of."""
        return image_of(self.spec.bundled) if self.spec.bundled else self.spec.image


def executors_of(workspace: Path) -> tuple[Mapping[str, ExecutorSpec], WorkspaceSpec]:
    """The executors of a workspace; none where there is no workspace."""
    if not (workspace / "specs").is_dir():
        return {}, WorkspaceSpec()
    found = catalogue(workspace.resolve())
    return found.executors, found.workspace


def spec_of(name: str, **fields: object) -> ExecutorSpec:
    """A spec for what has none."""
    given = {"apiVersion": "ymir/v1", "kind": "Executor", "name": name, **fields}
    return ExecutorSpec.model_validate(given)


def known(name: str, workspace: Path) -> Subject | None:
    """The executor of this name: the workspace's own, else one that ships with ymir."""
    specs, rules = executors_of(workspace)
    if name in specs:
        spec = specs[name]
        how: How = "docker" if rules.backend.use == "docker" or not _is_program(spec) else "process"
        return Subject(name, spec, how, _folder(spec, workspace))
    if name in bundled():
        how = "docker" if rules.backend.use == "docker" else "process"
        return Subject(name, spec_of(name, bundled=name), how, folder_of(name))
    return None


def subject(word: str, workspace: Path) -> Subject:
    """What is meant by the word: an executor's name, its folder, or an image."""
    if "/" not in word and (found := known(word, workspace)):
        return found
    if (folder := Path(word)).is_dir():
        return of_folder(folder.resolve())
    if Reference.of(word) is None:
        names = ", ".join([*executors_of(workspace)[0], *bundled()])
        raise SpecError(
            f"`{word}` is no executor, no folder and no image", hint=f"known here: {names}"
        )
    patterns = executors_of(workspace)[1].images
    if not is_allowed(word, patterns):
        raise SpecError(
            f"the workspace does not allow image `{word}`",
            hint=f"it allows {', '.join(patterns)}: see `images` of its `Workspace`",
        )
    return Subject(word, spec_of("image", image=word), "docker")


def of_folder(folder: Path) -> Subject:
    """An executor that somebody writes: its program, and its image if it has a Dockerfile."""
    program = next((name for name in PROGRAMS if (folder / name).is_file()), None)
    has_dockerfile = (folder / "Dockerfile").is_file()
    if program is None and not has_dockerfile:
        raise SpecError(
            f"`{folder}` is no executor: it has neither a Dockerfile nor a program",
            hint=f"call the program {', '.join(PROGRAMS[:-1])} or {PROGRAMS[-1]}",
        )
    command = (str(_python(folder)), str(folder / program)) if program else ("none",)
    spec = spec_of("folder", command=command)
    how: How = "process" if program else "docker"
    return Subject(folder.name, spec, how, folder, is_buildable=has_dockerfile)


def described(subject: Subject) -> dict[str, JsonValue]:
    """How it is run, for programs."""
    spec = subject.spec
    return {
        "bundled": spec.bundled,
        "command": list(spec.command) or None,
        "image": subject.image,
        "backend": subject.how,
    }


def _folder(spec: ExecutorSpec, workspace: Path) -> Path | None:
    """Where its program lies, with an `img-man` beside it."""
    if spec.bundled:
        return folder_of(spec.bundled)
    words = spec.command if spec.image is None else ()
    folders = ((workspace / word).resolve().parent for word in words)
    return next((each for each in folders if (each / "img-man").is_dir()), None)


def _python(folder: Path) -> Path:
    """The folder's own Python, else ymir's."""
    own = (folder / name for name in _PYTHONS)
    return next((each for each in own if each.is_file()), Path(sys.executable))


def _is_program(spec: ExecutorSpec) -> bool:
    """Whether it can be run without a container."""
    return spec.bundled is not None or (bool(spec.command) and spec.image is None)
