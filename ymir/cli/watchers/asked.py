"""What a watcher was asked for, checked before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.cli.specs import catalogue
from ymir.cli.watchers.address import Address, Ear, address, ear
from ymir.cli.watchers.options import Calls, Remote, Rhythm, duration
from ymir.errors import Exit
from ymir.spec.mistakes import BrokenSpecsError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Asked:
    """What was asked for, checked."""

    root: Path
    rhythm: Rhythm
    remote: Remote
    ear: Ear | None
    metrics: Address | None

    @property
    def is_over(self) -> Callable[[int], bool]:
        """Whether an `apply` that ended with this code was the last one."""
        return _is_done if self.rhythm.until_done else _never


def asked_for(root: Path, rhythm: Rhythm, calls: Calls, remote: Remote) -> Asked:
    """Refuse what makes no sense before anything runs; broken specs may be mended later."""
    for text in (rhythm.interval, remote.git_interval):
        duration(text)
    if remote.git:
        from ymir.watching.following import checked

        checked(root, *remote.git, is_pushing=remote.is_pushing)
    hears = ear(calls.listen, calls.webhook_secret_env, root) if calls.listen is not None else None
    metrics = address(calls.metrics) if calls.metrics is not None else None
    try:
        catalogue(root)  # is it a workspace?
    except BrokenSpecsError:
        if rhythm.once:
            raise
    return Asked(root, rhythm, remote, hears, metrics)


def _never(_: int) -> bool:
    """A watcher stays."""
    return False


def _is_done(code: int) -> bool:
    """Whether an `apply` that ended like this waits for nobody, and was not killed."""
    return code >= 0 and code not in (Exit.PARKED, Exit.LOCKED)
