"""Images built from a folder, without a client: the Dockerfile fitted, the output line by line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from docker.errors import APIError
from docker.utils.build import create_archive, exclude_paths

from ymir.engine.client import UNREACHABLE, Engine, reason
from ymir.errors import EngineError

_FROM = re.compile(r"^FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)(?P<rest>.*)$", re.IGNORECASE)
_ALWAYS_OUT = ("**/.git", "**/.venv", "**/__pycache__", "**/.*_cache")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FITTED = "Dockerfile.ymir"
_LAST_LINES = 12
_LATEST = "latest"


@dataclass(frozen=True)
class Recipe:
    """What an image is made of: `folder` without what the patterns of `.dockerignore` leave out."""

    folder: Path
    tag: str
    dockerfile: str = "Dockerfile"
    ignored: tuple[str, ...] = ()
    base: str | None = None  # in place of what the Dockerfile begins with
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None  # `host`: the build sees this machine's own loopback


def build(engine: Engine, recipe: Recipe) -> Iterator[str]:
    """Build the image, and say what the engine says; raise when it could not be built."""
    said: list[str] = []
    with tempfile.TemporaryFile() as context:
        _pack(recipe, context)
        for event in _events(engine, recipe, context):
            if problem := event.get("error"):
                raise _failed(recipe, str(problem), said)
            for line in _COLOUR.sub("", str(event.get("stream") or "")).splitlines():
                if line.strip():
                    said.append(line)
                    yield line


def name(engine: Engine, image: str, other: str) -> None:
    """Give an image that is here one more name."""
    repository, tag = _split(other)
    try:
        engine.api.api.tag(image, repository, tag, force=True)
    except UNREACHABLE as error:
        raise EngineError(f"image `{image}` cannot be named `{other}`: {reason(error)}") from error


def push(engine: Engine, image: str) -> Iterator[str]:
    """Push an image, with the credentials of Docker's own configuration; say what is moved."""
    repository, tag = _split(image)
    try:
        for event in engine.api.api.push(repository, tag, stream=True, decode=True):
            if problem := event.get("error"):
                raise EngineError(
                    f"image `{image}` cannot be pushed: {problem}",
                    hint="log in with `docker login`, and check the image's name",
                )
            if "progress" not in event and (said := event.get("status")):
                yield ": ".join(filter(None, (str(event.get("id") or ""), str(said))))
    except UNREACHABLE as error:
        raise EngineError(
            f"image `{image}` cannot be pushed: {reason(error)}",
            hint="log in to the registry: `docker login`",
        ) from error


def fitted(dockerfile: str, base: str | None, arguments: Sequence[str]) -> str:
    """A Dockerfile whose first stage begins with `base`, and whose stages take these arguments.

    An argument that a stage does not declare would not reach its commands. Pure.
    """
    lines: list[str] = []
    stages = 0
    for line in dockerfile.splitlines():
        found = _FROM.match(line)
        if found and base and stages == 0:
            lines.append(f"FROM {base}{found['rest']}")
        else:
            lines.append(line)
        if found:
            stages += 1
            lines.extend(f"ARG {each}" for each in arguments)
    return "\n".join(lines) + "\n"


def _pack(recipe: Recipe, context: IO[bytes]) -> None:
    """The files that count, and the fitted Dockerfile beside them, as a tar file."""
    root = recipe.folder.resolve()
    patterns = [*(recipe.ignored or _dockerignore(root)), *_ALWAYS_OUT]
    text = (root / recipe.dockerfile).read_text(encoding="utf-8")
    files = sorted(exclude_paths(str(root), patterns, dockerfile=recipe.dockerfile))
    extra = [(_FITTED, fitted(text, recipe.base, tuple(recipe.arguments)))]
    create_archive(root=str(root), files=files, fileobj=context, extra_files=extra)
    context.seek(0)


def _dockerignore(root: Path) -> list[str]:
    file = root / ".dockerignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _events(engine: Engine, recipe: Recipe, context: IO[bytes]) -> Iterator[Mapping[str, object]]:
    try:
        yield from engine.api.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=_FITTED,
            tag=recipe.tag,
            buildargs=dict(recipe.arguments),
            labels=dict(recipe.labels),
            network_mode=recipe.network,
            rm=True,
            forcerm=True,
            decode=True,
        )
    except APIError as error:
        raise _failed(recipe, str(error.explanation or error), []) from error
    except UNREACHABLE as error:
        raise _failed(recipe, reason(error), []) from error


def _failed(recipe: Recipe, problem: str, said: Sequence[str]) -> EngineError:
    """What stopped the build; an image that cannot be had is told from a command that failed."""
    last = "".join(f"\n  | {line}" for line in said[-_LAST_LINES:])
    hint = "what it printed says why"
    if re.search(r"pull|manifest|registry|no such host|lookup|denied|connection refused", problem):
        hint = "pull the image that it begins with, or name one that is here with `--base`"
    problem = " ".join(problem.split())
    return EngineError(f"image `{recipe.tag}` cannot be built: {problem}{last}", hint=hint)


def _split(image: str) -> tuple[str, str]:
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, _LATEST)
