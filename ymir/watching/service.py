"""What a service manager is told: that the watcher is ready, lives, and what it does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

_ABSTRACT = "@"  # begins an address that is no file
_MICRO = 1_000_000


class Service:
    """Speaks to systemd, or whoever else set `NOTIFY_SOCKET`; to nobody where it is not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._within = _seconds(environment.get("WATCHDOG_USEC", ""))

    def ready(self) -> None:
        """The watcher watches."""
        self._tell("READY=1")

    def status(self, line: str) -> None:
        """What `systemctl status` shows."""
        self._tell(f"STATUS={' '.join(line.split())}")

    def stopping(self) -> None:
        """It ends as soon as its child has."""
        self._tell("STOPPING=1")

    async def live(self) -> None:
        """Say so, twice as often as is asked for, as long as the loop of events turns."""
        while self._within and self._address:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._within / 2)

    def _tell(self, words: str) -> None:
        """A manager that does not listen is no reason to end."""
        if not self._address:
            return
        address = self._address
        if address.startswith(_ABSTRACT):
            address = f"\0{address[1:]}"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.sendto(words.encode(), address)
        except OSError:
            return


def _seconds(micro: str) -> float:
    return int(micro) / _MICRO if micro.isdecimal() else 0.0
