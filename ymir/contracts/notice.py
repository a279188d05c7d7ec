"""What a way to notify must do: bring one notice to people or to a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import JsonValue

from ymir.errors import YmirError
from ymir.plugins import Registry
from ymir.spec.base import Spec

FORMAT: Literal["ymir-notice/1"] = "ymir-notice/1"


class NoticeError(YmirError):
    """Nobody could be told: check what `notify` of the Workspace says."""


@dataclass(frozen=True)
class Notice:
    """A condition that has changed: what holds now, what held before, and what to do."""

    id: str  # the same for the same change, however often it is told
    title: str  # one line for people
    workspace: str
    condition: Mapping[str, JsonValue]  # as `ymir status --json` has it
    before: Mapping[str, JsonValue] | None  # its status and reason; None where nothing was known
    is_test: bool = False

    @property
    def message(self) -> str:
        """What is behind it, in words."""
        return str(self.condition.get("message", ""))

    @property
    def next(self) -> str:
        """The command that brings it on, or says more; empty where there is none."""
        return str(self.condition.get("next") or "")

    @property
    def link(self) -> str | None:
        """The page where people act, where there is one."""
        found = self.condition.get("link")
        return found if isinstance(found, str) else None

    def data(self) -> dict[str, JsonValue]:
        """The notice for programs: what webhooks and commands get."""
        return {
            "format": FORMAT,
            "id": self.id,
            "test": self.is_test,
            "title": self.title,
            "workspace": self.workspace,
            **self.condition,
            "before": None if self.before is None else dict(self.before),
        }


@runtime_checkable
class Channel(Protocol):
    """Told once or not at all; what is told twice, after a crash in between, has the same `id`."""

    Settings: type[Spec]  # what may stand under `with`

    def tell(self, notice: Notice, settings: Mapping[str, JsonValue], workspace: Path) -> str:
        """Bring it there, within seconds; what was answered, in words. A failure is an error."""


channels = Registry("notices", Channel)
