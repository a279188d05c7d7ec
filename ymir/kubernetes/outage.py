"""For how long a cluster may be away before a run ends."""

from __future__ import annotations

import time

from ymir.engine.faults import EngineGoneError


class Outage:
    """Since when nothing answers; a cluster that never did is not waited for."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._has_answered = False
        self._since: float | None = None

    def is_over(self) -> None:
        """It has answered."""
        self._has_answered, self._since = True, None

    def bear(self, error: EngineGoneError) -> None:
        """Take it that it does not answer now; raise where it has been so for too long."""
        self._since = self._since or time.monotonic()
        if not self._has_answered or time.monotonic() - self._since > self._limit:
            raise error
