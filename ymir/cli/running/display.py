"""Shows a run while it runs, and writes `events.jsonl`."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from ymir.cli import console
from ymir.cli.people import labelled_words
from ymir.cli.running.journal import entry_of
from ymir.cli.running.unfinished import unfinished_words
from ymir.cli.words import detail_lines, duration, version_line
from ymir.conditions.events import append
from ymir.plan.history import number_in
from ymir.plan.relabel import LEFT, SENT
from ymir.plan.snapshot import Facts, Version
from ymir.plan.stage import Stage
from ymir.reconcile import Event, Interrupted, Recorded, Resumed, Started, Stopped
from ymir.reconcile import Progress as Share


class Screen(Protocol):
    """Where a run is shown."""

    def open(self) -> None:
        """Begin."""

    def close(self) -> None:
        """End; what was said stays."""

    def begin(self, name: str) -> None:
        """A job runs."""

    def advance(self, name: str, share: float) -> None:
        """It has done `share` of its work."""

    def end(self, name: str) -> None:
        """A stage is over, whether it had a job or not."""

    def say(self, line: str) -> None:
        """Something happened."""


class Quiet:
    """Shows nothing."""

    def open(self) -> None:
        """Nothing to draw."""

    def close(self) -> None:
        """Nothing was drawn."""

    def begin(self, name: str) -> None:
        """Not shown."""

    def advance(self, name: str, share: float) -> None:
        """Not shown."""

    def end(self, name: str) -> None:
        """Not shown."""

    def say(self, line: str) -> None:
        """Not said."""


class Plain(Quiet):
    """A line per event, for logs and pipes; printed, unless somebody else takes them."""

    def __init__(self, take: Callable[[str], None] = console.out) -> None:
        self._take = take

    def begin(self, name: str) -> None:
        """Say that a job runs."""
        self._take(f"  {name} …")

    def say(self, line: str) -> None:
        """Say it."""
        self._take(line)


def screen(*, is_quiet: bool) -> Screen:
    """Bars on a terminal, plain lines elsewhere, nothing when quiet."""
    if is_quiet:
        return Quiet()
    if not console.is_drawable():
        return Plain()
    bars: Screen = importlib.import_module("ymir.cli.running.bars").Bars()
    return bars


class Display:
    """Shows the events of a run, and logs them."""

    def __init__(self, root: Path, *, is_quiet: bool = False, onto: Screen | None = None) -> None:
        self.has_failed = False
        self.is_blocked = False  # by a gate
        self.waits: dict[str, str] = {}  # stages that people or a label tool have, and why
        self.was_stopped = False
        self.listeners: list[Callable[[Event], None]] = []  # whoever else wants to know
        self._root = root
        self._screen = onto or screen(is_quiet=is_quiet)

    def __enter__(self) -> Display:
        """Begin to draw."""
        self._screen.open()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing; what was said stays."""
        self._screen.close()

    def stop(self, why: str = "") -> None:
        """Somebody asked for a clean stop, or something did."""
        self.was_stopped = True
        self._screen.say(f"{why}stopping; jobs are told to end …")

    @contextmanager
    def fetching(self, what: str) -> Iterator[Callable[[float], None]]:
        """While inside, something is brought here; the share that has come is told by a call."""
        since = time.monotonic()
        self._screen.begin(what)
        try:
            yield partial(self._screen.advance, what)
        finally:
            self._screen.end(what)
        if not self.was_stopped:
            self._screen.say(f"✓ {what}  ({duration(time.monotonic() - since)})")

    def show(self, event: Event) -> None:
        """Say what happened."""
        match event:
            case Started(stage, job):
                if job:
                    self._screen.begin(stage.name)
            case Share(stage, share):
                self._screen.advance(stage.name, share)
                return
            case Recorded(stage, version, seconds, _):
                self._screen.end(stage.name)
                self._screen.say(f"✓ {_recorded(stage, version)}  ({duration(seconds)})")
                self._say_all(detail_lines(stage.name, version))
            case Interrupted() | Resumed():
                self._show_unfinished(event)
            case Stopped(stage, why, log, parked, blocked):
                self._screen.end(stage.name)
                self.has_failed |= not (parked or blocked)
                self.is_blocked |= blocked
                self.waits |= {stage.name: why} if parked else {}
                self._screen.say(f"‖ {stage.name}: {why}" if parked else f"✗ {stage.name}: {why}")
                if log:
                    self._screen.say(f"  log: {log}")
        self._log(event)

    def _say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._screen.say(line)

    def _show_unfinished(self, event: Interrupted | Resumed) -> None:
        if isinstance(event, Interrupted):
            self._screen.end(event.stage.name)
        self._screen.say(f"‖ {event.stage.name}: {unfinished_words(event)}")

    def _log(self, event: Event) -> None:
        append(self._root, entry_of(event, time.time()))
        for hear in self.listeners:
            hear(event)


def _recorded(stage: Stage, version: Version) -> str:
    facts = version.facts
    match stage.kind:
        case "dataset":
            return version_line(stage.name, version)
        case "judge":
            half = (float(str(facts["map_high"])) - float(str(facts["map_low"]))) / 2
            return f"{stage.name}: mAP {facts['map']:.3f} ± {half:.3f}"
        case "mine":
            return f"{stage.name}: {_mined(facts)}"
        case "training":
            return f"{stage.name}: {facts['images']} images{_leaks(facts)}"
        case "label":
            return f"{stage.name}: {labelled_words(version)}"
        case _:
            return stage.name


def _mined(facts: Facts) -> str:
    """What was picked from the pool, and what people look at again."""
    again = number_in(facts, SENT)
    mined = f"{number_in(facts, 'picked') - again} of {facts['candidates']} images"
    left = f" ({facts[LEFT]} more have no room)" if number_in(facts, LEFT) else ""
    return f"{mined}, after {again} to be labelled again{left}" if again else mined


def _leaks(facts: Facts) -> str:
    """What the leakage gate saw, if it saw anything."""
    leaks = facts.get("leaks")
    if not isinstance(leaks, dict):
        return ""
    seen = ", ".join(f"{count} {kind}" for kind, count in leaks.items())
    return f"; leaks from validation or testing: {seen}; {facts['left_out']} left out"
