"""What a run tells: at once where people are waited for, the rest at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ymir.cli import console
from ymir.cli.running.notifying import standing, tell
from ymir.cli.workspace import Workspace
from ymir.conditions.dated import Dated
from ymir.conditions.runs import keep_ended
from ymir.errors import LockedError, YmirError
from ymir.plan.plan import Plan
from ymir.reconcile import Event, Recorded, Stopped


class Telling:
    """Tells what a run changes: at once when something stops or is reported, the rest at its end.

    Remembers how the run ended, too.
    """

    def __init__(self, opened: Workspace) -> None:
        self._opened = opened
        self._is_asked = bool(opened.catalogue.workspace.notify)
        self._before = {
            each.condition.key: each.condition.state
            for each in (standing(opened) if self._is_asked else ())
        }
        self._has_ended = False

    def __enter__(self) -> Self:
        """The run begins."""
        return self

    def hear(self, event: Event) -> None:
        """People need not wait for the end of a long run to hear that they are waited for."""
        is_news = isinstance(event, Stopped) or (
            isinstance(event, Recorded) and event.stage.kind == "report"
        )
        if is_news and self._is_asked:
            with _best_effort():
                found = [each for each in standing(self._opened) if _is_urgent(each)]
                tell(self._opened, found, self._before)

    def end(self, left: Plan, code: int) -> None:
        """The run is over: this is left, and this is its exit code."""
        self._has_ended = True
        with _best_effort():
            keep_ended(self._opened.root, int(code), time.time())
            if self._is_asked:
                tell(self._opened, standing(self._opened, left), self._before)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """One that an error ended is over, too; another run's lock is no end of this one."""
        is_ours = isinstance(error, YmirError) and not isinstance(error, LockedError)
        if is_ours and not self._has_ended and isinstance(error, YmirError):
            with _best_effort():
                keep_ended(self._opened.root, int(error.exit_code), time.time())


@contextmanager
def _best_effort() -> Iterator[None]:
    """What cannot be told or remembered is said, and fails no run."""
    try:
        yield
    except (OSError, YmirError) as error:
        console.error(f"warning: nobody was told of this run: {error}")


def _is_urgent(each: Dated) -> bool:
    """What is worth telling before a run is over, because the rest of it does not change that."""
    condition = each.condition
    is_called = condition.type in ("WaitingForLabels", "Stalled") and condition.status == "True"
    return is_called or condition.type == "GoalReached"
