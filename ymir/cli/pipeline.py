"""What a CI job wants of a command: annotations, an exit code that it can read, a green end."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from ymir.cli import console
from ymir.cli.failing import Events, annotations_of, repository_of
from ymir.cli.options import spread
from ymir.cli.policy import Policy, under
from ymir.dvc.files import write_whole
from ymir.errors import Exit, SpecError, YmirError

_GREEN = frozenset({Exit.PENDING, Exit.PARKED, Exit.GOAL_MISSED})
_REPORT = Path("gl-code-quality-report.json")


class Style(StrEnum):
    """Who shows annotations."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


@dataclass(frozen=True)
class Beside:
    """How mistakes and failures are shown beside the lines of specs."""

    annotations: Annotated[
        Style | None,
        typer.Option(
            "--annotations",
            help="Annotate lines of specs: on GitHub by itself; `gitlab` writes a report.",
            show_default=False,
        ),
    ] = None
    annotations_into: Annotated[
        Path | None,
        typer.Option(
            "--annotations-into",
            help=f"Where GitLab's Code Quality report goes, `{_REPORT}` if not told.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None

    @property
    def style(self) -> Style:
        """Who shows them, as told or as the environment says."""
        if self.annotations:
            return self.annotations
        if self.annotations_into:
            return Style.GITLAB
        return Style.GITHUB if os.environ.get("GITHUB_ACTIONS") == "true" else Style.NONE


@dataclass(frozen=True)
class Ending:
    """How the command ends."""

    soft_exit: Annotated[
        bool,
        typer.Option(
            "--soft-exit",
            help="End with 0 where nothing failed: pending (2), parked (3), without the goal (4).",
        ),
    ] = False
    exit_into: Annotated[
        Path | None,
        typer.Option(
            "--exit-into",
            help="Write `ymir_exit=N` there, as it would be without `--soft-exit`.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None


def in_pipeline(*groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these groups (`Beside`, `Ending`, `Policy`) and what they do.

    Stands above `@spread`, where that is used, too.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def called(**given: Any) -> None:  # noqa: ANN401 - whatever typer has read
            mine = {group: given.pop(group.__name__.lower(), group()) for group in groups}
            beside, ending = mine.get(Beside, Beside()), mine.get(Ending, Ending())
            root = Path(given["workspace"]).resolve()
            with _told(root, beside, ending), under(mine.get(Policy, Policy()), root):
                command(**given)

        hints = get_type_hints(command, include_extras=True)
        own = [
            each.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])
            for name, each in inspect.signature(command).parameters.items()
        ]
        more = {group.__name__.lower(): group for group in groups}
        added = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=g) for name, g in more.items()]
        called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]  # inspect reads it
        called.__annotations__ = {**hints, **more}
        del called.__wrapped__
        return spread(called)

    return decorate


@contextmanager
def _told(root: Path, beside: Beside, ending: Ending) -> Iterator[None]:
    """While inside, how it ends is noted; after that it is told, and the exit code is made soft."""
    events = Events(root)
    error: YmirError | None = None
    try:
        yield
        code = int(Exit.DONE)
    except typer.Exit as end:
        code = int(end.exit_code)
        error = end.__cause__ if isinstance(end.__cause__, YmirError) else None
    except YmirError as problem:
        _tell(root, beside, ending, events, int(problem.exit_code), problem)
        raise
    _tell(root, beside, ending, events, code, error)
    if code and not (ending.soft_exit and code in _GREEN):
        raise typer.Exit(code)


def _tell(
    root: Path,
    beside: Beside,
    ending: Ending,
    events: Events,
    code: int,
    error: YmirError | None,
) -> None:
    _annotate(root, beside, events, error)
    if into := os.environ.get("GITHUB_STEP_SUMMARY"):
        for text in events.summaries():
            _append(Path(into), text)
    line = f"ymir_exit={code}\n"
    if output := os.environ.get("GITHUB_OUTPUT"):
        _append(Path(output), line)
    if ending.exit_into:
        _write(ending.exit_into, line)


def _annotate(root: Path, beside: Beside, events: Events, error: YmirError | None) -> None:
    if beside.style is Style.NONE:
        return
    from ymir.ci.annotations import code_quality, workflow_command  # not for people

    found = list(annotations_of(root, error, events.failures()))
    if beside.style is Style.GITHUB:
        for each in found:
            console.instruct(workflow_command(each))
    else:
        top = repository_of(root) or root
        _write(
            beside.annotations_into or _REPORT,
            code_quality(found, (root / "specs").relative_to(top).as_posix()),
        )


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as output:
            output.write(text)
    except OSError as error:
        console.error(f"warning: `{file}` cannot be written: {error.strerror}")


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        hint = "give the path of a file in a folder that you may write to"
        raise SpecError(f"`{file}` cannot be written: {error.strerror}", hint=hint) from error
