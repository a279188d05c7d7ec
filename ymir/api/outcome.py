"""How an `apply` from Python ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ymir.api.frames import html_lines
from ymir.api.plan import Plan
from ymir.cli.console import shown
from ymir.errors import Exit
from ymir.reconcile import Event, Recorded, Stopped


@dataclass(frozen=True)
class Outcome:
    """What `apply` has done, and what is left; `print(outcome)` shows what the command would."""

    exit: Exit  # as of the command: DONE, FAILED, PENDING, PARKED or GOAL_MISSED
    recorded: tuple[str, ...]  # the stages that were made
    stopped: Mapping[str, str]  # stages that failed, wait for people or are blocked, and why
    left: Plan = field(repr=False)
    text: str = field(repr=False)
    log: tuple[str, ...] = field(repr=False)  # what was said while it went on

    @property
    def is_done(self) -> bool:
        """Nothing is left to do, and all goals are met."""
        return self.exit is Exit.DONE

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return html_lines((f"{self.exit.name} ({int(self.exit)})", *self.text.splitlines()))


@dataclass
class Witness:
    """Notes what becomes of the stages of a run."""

    recorded: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        """Something happened; of a stage that stopped first and was made later, the end counts."""
        match event:
            case Recorded(stage):
                self.recorded.append(stage.name)
                self.stopped.pop(stage.name, None)
            case Stopped(stage, why):
                self.stopped[stage.name] = shown(why)
            case _:
                pass
