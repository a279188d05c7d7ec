"""Ending well on SIGTERM or SIGINT: the signal is remembered, the work looks when it can stop."""

import signal
from types import FrameType

from ymir_kit.errors import StoppedError


class StopSignal:
    """Remembers the first signal; a second one ends the process at once."""

    def __init__(self) -> None:
        self.received: int | None = None

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._remember)

    def check(self) -> None:
        """Raise `StoppedError` if a signal has come."""
        if self.received is not None:
            raise StoppedError(self.received)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        for known in (signal.SIGTERM, signal.SIGINT):
            signal.signal(known, signal.SIG_DFL)
