"""Every error a user can see. Each class names who has to act; each hint says how."""

import re
from collections.abc import Collection, Mapping
from enum import IntEnum

from ymir.vault import masked


class Exit(IntEnum):
    """What the exit status of a command means."""

    DONE = 0
    FAILED = 1
    PENDING = 2  # plan: changes pending; apply: stopped cleanly, run again
    PARKED = 3  # a person must label
    GOAL_MISSED = 4  # finished without the goal, or a gate blocked
    LOCKED = 5
    STALE = 6  # the saved plan is not what would be done now


class YmirError(Exception):
    """Something the user can fix."""

    exit_code = Exit.FAILED

    @property
    def kind(self) -> str:
        """Which class of this file it is, as the page on errors calls it: `spec-error`."""
        ours = next(each for each in type(self).__mro__ if each.__module__ == __name__)
        return re.sub(r"(?<!^)(?=[A-Z])", "-", ours.__name__).lower()

    @property
    def data(self) -> dict[str, str | int]:
        """What programs tell it by, and where the page on errors is about it."""
        address = f"reference/errors/#{self.kind}"
        return {"kind": self.kind, "docs": address, "exit": int(self.exit_code)}

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(masked(message))  # wherever it ends up: in a log, a record, a page
        self.hint = masked(hint) if hint else hint
        if self.hint:
            self.add_note(f"hint: {self.hint}")  # tracebacks of scripts and notebooks show it


class SpecError(YmirError):
    """A spec file is wrong: edit the YAML."""


class PluginError(YmirError):
    """A spec names a plugin that is not installed."""


class DataError(YmirError):
    """A dataset is broken: fix the files it names."""


class GateError(DataError):
    """A gate of a project let nothing pass: take out what it names, or edit the gate."""

    exit_code = Exit.GOAL_MISSED


class ResultError(YmirError):
    """An executor's result breaks the contract: fix the executor."""


class StoreError(YmirError):
    """The store of versions refused: check DVC, git, the disk and the remote."""


class LostError(StoreError):
    """Objects are neither here nor on the remote; whatever else there is has been fetched."""

    def __init__(self, lost: Mapping[str, Collection[str]]) -> None:
        names = sorted(each for digests in lost.values() for each in digests)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        super().__init__(
            f"neither this workspace nor its remote has {', '.join(names[:3])}{more}",
            hint="run `ymir push` where the data was made, then try again",
        )
        self.lost = lost  # project of DVC -> digests


class EngineError(YmirError):
    """The container engine refused, or is not there: start it, or mend what it names."""


class ServiceError(YmirError):
    """A code-hosting service refused, or cannot be reached: check its token and its permissions."""


class LockedError(YmirError):
    """Another run holds the workspace: wait for it, or end it."""

    exit_code = Exit.LOCKED


class ConsentError(YmirError):
    """Something needs a person's consent, and nobody is there to ask: allow it, or leave it."""


class StaleError(YmirError):
    """A saved plan was made for other specs, data or programs: plan again, and have it approved."""

    exit_code = Exit.STALE
