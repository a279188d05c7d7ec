"""Names that a shell completes: what the workspace, its records and this installation have.

Only names of files and the first words of specs are read, so that it is done while a key is down.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from typer._click import Command, Context  # typer brings its own click
from typer._click.shell_completion import CompletionItem

from ymir.cli.troubles import titles
from ymir.plugins import Registry
from ymir.resources import resource
from ymir.spec.shape import Shape

_NAMED = re.compile(r"^(kind|name): *[\"']?([\w-]+)", re.MULTILINE)
_OPTION = re.compile(r"\s-(?!C\s|-workspace\s)")
_SENT = re.compile(r"^ +send:", re.MULTILINE)


def specs(root: Path, kind: str) -> Iterator[str]:
    """The names of the specs of a kind."""
    for file in (root / "specs").rglob("*.y*ml"):
        for document in re.split(r"^---", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            said = dict(_NAMED.findall(document))
            if said.get("kind") == kind and "name" in said:
                yield said["name"]


def _recorded(root: Path, what: str) -> Iterator[tuple[str, Path]]:
    """The name and the pointer of each version of datasets, models or rounds."""
    for pointer in (root / "data" / what).glob("*/*.dvc"):
        yield pointer.parent.name, pointer


def datasets(root: Path) -> Iterator[str]:
    """`site`, and each version of it, `site@v2`."""
    yield from specs(root, "Dataset")
    for name, pointer in _recorded(root, "datasets"):
        yield from (name, f"{name}@{pointer.stem}")


def projects(root: Path) -> Iterator[str]:
    """`helmet`."""
    yield from specs(root, "Project")
    yield from (name for name, _ in _recorded(root, "rounds"))


def rounds(root: Path) -> Iterator[str]:
    """`helmet/r3`."""
    yield from (f"{name}/r{pointer.stem}" for name, pointer in _recorded(root, "rounds"))


def models(root: Path) -> Iterator[str]:
    """Imported ones, their versions, projects and rounds."""
    yield from specs(root, "Model")
    for name, pointer in _recorded(root, "models"):
        yield from (name, f"{name}@{pointer.stem}")
    yield from projects(root)
    yield from rounds(root)


def targets(root: Path) -> Iterator[str]:
    """All that `plan` and `apply` can be kept to."""
    yield from specs(root, "Dataset")
    yield from models(root)


def bundled(_: Path) -> Iterator[str]:
    """The executors that ship with ymir."""
    yield from (file.parent.name for file in resource("executors").glob("*/main.py"))


def executors(root: Path) -> Iterator[str]:
    """Those of specs, and those that ship with ymir."""
    yield from specs(root, "Executor")
    yield from bundled(root)


def jobs(root: Path) -> Iterator[str]:
    """The jobs that are known here."""
    yield from (file.parent.name for file in (root / ".ymir" / "jobs").glob("*/job.json"))


def batches(root: Path) -> Iterator[str]:
    """The batches that people have or had: `helmet-r1`."""
    for name, pointer in _recorded(root, "rounds"):
        if _SENT.search(pointer.read_text(encoding="utf-8")):
            yield f"{name}-r{pointer.stem}"


def examples(_: Path) -> Iterator[str]:
    """The workspaces to begin from."""
    yield from (
        folder.parent.name for folder in (resource("examples") / "projects").glob("*/specs")
    )


def kinds(_: Path) -> Iterator[str]:
    """The kinds of specs."""
    yield from (file.stem.capitalize() for file in resource("specs").glob("*.yaml"))


def explained(root: Path) -> Iterator[str]:
    """The kinds, their fields, `Project.goal.map`, and the errors."""
    yield from titles()
    for kind in kinds(root):
        file = resource("specs") / f"{kind.lower()}.schema.json"
        yield kind
        yield from _below(kind, Shape.of(json.loads(file.read_text(encoding="utf-8"))))


def _below(path: str, shape: Shape) -> Iterator[str]:
    held = shape.items or shape
    for name, each in (held.options or held.fields).items():
        yield f"{path}.{name}"
        yield from _below(f"{path}.{name}", each)


def plugins(kind: str, _: Path) -> Iterable[str]:
    """Those that are installed."""
    return Registry(kind, object).modules()


ARGUMENTS: Mapping[str, Callable[[Path], Iterable[str]]] = {
    "ymir compare": models,
    "ymir dataset check": datasets,
    "ymir dataset diff": datasets,
    "ymir dataset export": datasets,
    "ymir dataset log": datasets,
    "ymir dataset open": datasets,
    "ymir dataset show": datasets,
    "ymir executor build": bundled,
    "ymir executor check": executors,
    "ymir executor setup": bundled,
    "ymir executor show": executors,
    "ymir explain": explained,
    "ymir jobs logs": jobs,
    "ymir jobs stop": jobs,
    "ymir labels cancel": batches,
    "ymir labels pull": batches,
    "ymir labels show": batches,
    "ymir lock break": projects,
    "ymir log": projects,
    "ymir model export": models,
    "ymir model show": models,
    "ymir model verify": models,
    "ymir predict": models,
    "ymir prune": projects,
    "ymir pull": datasets,
    "ymir report": projects,
    "ymir rollback": projects,
    "ymir schema": kinds,
    "ymir simulate": projects,
}
OPTIONS: Mapping[str, Callable[[Path], Iterable[str]]] = {
    "--example": examples,
    "--executor": executors,
    "--format": partial(plugins, "formats"),
    "--label": partial(plugins, "labeling"),
    "--on": datasets,
    "--restart": projects,
    "--strategies": partial(plugins, "mining"),
    "--target": targets,
    "--with": rounds,
}


def is_only_names() -> bool:
    """Whether a shell asks, and no option is typed: then a command's own are of no account."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    return "_YMIR_COMPLETE" in os.environ and not _OPTION.search(typed)


def complete_names(command: Command, path: str) -> None:
    """Let the parameters of a command that want a name be completed."""
    first = True
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            find, first = ARGUMENTS.get(path) if first else None, False
        else:
            find = next((OPTIONS[name] for name in parameter.opts if name in OPTIONS), None)
        if find:
            parameter.shell_complete = partial(_offered, find)  # type: ignore[method-assign]


def _offered(
    find: Callable[[Path], Iterable[str]], context: Context, incomplete: str
) -> list[CompletionItem]:
    """The names that begin so; versions once an `@` is typed, fields once a dot is."""
    word, held = _typed(incomplete)
    root = Path(context.params.get("workspace") or ".")
    with suppress(OSError, ValueError):  # a shell that completes is no place for errors
        names = sorted({name for name in find(root) if name.startswith(word)})
        return [CompletionItem(name[held:]) for name in names if _depth(name) <= _depth(word)]
    return []


def _depth(name: str) -> int:
    return name.count("@") + name.count(".")


def _typed(incomplete: str) -> tuple[str, int]:
    """The word at hand, and how much of it the shell keeps: bash cuts words at an `@`."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    end = int(os.environ.get("COMP_CWORD", "0")) + 1
    before, mark, after = "\n".join(words[:end]).rpartition("\n@")
    if not mark or "\n" in after.lstrip("\n"):
        return incomplete, 0
    name = before.rpartition("\n")[2]
    return f"{name}@{after.lstrip()}", len(name) + 1
