"""How far one `apply` goes: `--max-duration` and `--until`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import typer

from ymir.cli.running.display import Display
from ymir.cli.words import duration
from ymir.contracts.backend import GRACE
from ymir.errors import Exit, SpecError
from ymir.plan.pace import expected_seconds
from ymir.plan.plan import Plan
from ymir.plan.planner import Run
from ymir.plan.round_stages import KINDS
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf, Stage
from ymir.plugins import nearest
from ymir.spec.catalogue import Catalogue

SHARE, LEAST, MOST = 0.1, 30.0, 600.0  # of the time: what is kept for a good end, in seconds
_RESUMES = "train"  # the kind of stage that goes on where it was stopped, so any time helps it
_KINDS = ("dataset", "model", *KINDS, "report")
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?", re.ASCII)
_UNITS = (86400, 3600, 60, 1)


@dataclass(frozen=True)
class LimitOptions:
    """What a run is told about its end."""

    max_duration: Annotated[
        str | None,
        typer.Option(
            "--max-duration",
            help="Be done within this time: stop jobs, keep checkpoints, exit 2; run again.",
            metavar="TIME",
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            help="Begin no stage of this kind, nor what comes after it; exit 2 if some are left.",
            metavar="KIND|PROJECT/rN/KIND",
        ),
    ] = None

    def begun(self, catalogue: Catalogue) -> Limits:
        """The limits of a run that begins now."""
        if self.until is not None:
            _require_stage(self.until, catalogue)
        total = None if self.max_duration is None else read_duration(self.max_duration)
        return Limits(total, self.until, time.monotonic())


@dataclass
class Limits:
    """The limits of a run, and what they have held back."""

    total: float | None
    until: str | None
    since: float
    clock: Callable[[], float] = time.monotonic
    held: dict[str, str] = field(default_factory=dict)  # stage -> why it was not begun

    @property
    def left(self) -> float:
        """Seconds until jobs are told to end."""
        if self.total is None:
            return float("inf")
        return self.since + self.total - margin(self.total) - self.clock()

    @property
    def is_due(self) -> bool:
        """Whether the time is up, but for what a good end takes."""
        return self.left <= 0

    def patience(self) -> float:
        """How long a job may take to end when asked: half of what is left of all the time.

        Whoever sends a signal, and not the clock, will not wait so long.
        """
        return GRACE if self.total is None or not self.is_due else self._half()

    def ends(self, display: Display) -> bool:
        """Whether the run is to end: somebody asked for it, or its time is up."""
        if self.is_due and not display.was_stopped:
            display.stop("the time is up: ")
        return display.was_stopped

    def admits(self, stage: Stage, observe: Callable[[], Snapshot]) -> bool:
        """Whether the stage may begin; if not, why is noted."""
        why = self._objection(stage, observe)
        if why is None:
            self.held.pop(stage.name, None)
        else:
            self.held[stage.name] = why
        return why is None

    def exit_code(self, code: Exit, left: Plan) -> Exit:
        """What the run's end means, if these limits are what ended it."""
        is_held = bool(self.held_in(left))
        return Exit.PENDING if is_held and code is not Exit.FAILED else code

    def held_in(self, left: Plan) -> dict[str, str]:
        """What the limits held back of the plan that is left, and why."""
        ready = [step.stage.name for step in left.ready if isinstance(step, Run)]
        return {name: self.held[name] for name in ready if name in self.held}

    def _objection(self, stage: Stage, observe: Callable[[], Snapshot]) -> str | None:
        if self.until in (stage.kind, stage.name):
            return f"not begun: `--until {self.until}`"
        if self.total is None or stage.kind == _RESUMES:
            return None
        needed = expected_seconds(stage, observe())
        if needed is None or not self.left < needed <= self.total - margin(self.total):
            return None
        return (
            f"not begun: it took {duration(needed)} last time, and {duration(self.left)} are left"
        )

    def _half(self) -> float:
        total = self.total or 0.0
        return max(GRACE, (self.since + total - self.clock()) / 2)


def unlimited() -> Limits:
    """A run that goes on until nothing is left to do."""
    return Limits(None, None, time.monotonic())


def margin(total: float) -> float:
    """Of a run's time, the seconds for a good end: jobs end, checkpoints and commits are stored."""
    return min(max(SHARE * total, LEAST), MOST, total / 2)


def read_duration(text: str) -> float:
    """Seconds of `5h30m`, `90s`, `1h`."""
    found = _DURATION.fullmatch(text)
    total = sum(int(n) * u for n, u in zip(found.groups("0"), _UNITS, strict=True)) if found else 0
    if not total:
        raise SpecError(f"`{text}` is no duration", hint="say `5h30m`, `90s` or `1h`")
    return float(total)


def _require_stage(word: str, catalogue: Catalogue) -> None:
    """Refuse a word that names no stage, or a stage of a project that there is not."""
    project, slash, rest = word.partition("/")
    if not slash:
        _require_kind(word)
        return
    if project not in catalogue.projects:
        raise SpecError(
            f"no project is called `{project}`", hint=nearest(project, catalogue.projects)
        )
    number, _, kind = rest.rpartition("/")
    if rest != "report" and not re.fullmatch(r"r[1-9]\d{0,5}", number):
        raise SpecError(
            f"`{word}` names no stage", hint=f"say it like `{RoundOf(project, 2).stage('train')}`"
        )
    _require_kind(kind)


def _require_kind(word: str) -> None:
    if word not in _KINDS:
        raise SpecError(f"no kind of stage is called `{word}`", hint=nearest(word, _KINDS))
