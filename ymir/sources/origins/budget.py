"""How much may come out of an archive or over the network before it is given up."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import DataError, StoreError

_BLOCK = 4_096  # bytes that even the smallest file takes


@dataclass(frozen=True)
class Limits:
    """What an honest source stays below."""

    files: int = 5_000_000
    expansion: int = 1_000  # times the archive's own size …
    always: int = 10 << 20  # … but for so many bytes: a small archive may be packed however well
    reserve: int = 512 << 20  # bytes of the disk that stay free
    seconds: float = 120  # that an answer over the network may take …
    pace: int = 1 << 10  # … and more of them only while it brings so many bytes in each


LIMITS = Limits()


class Budget:
    """What one archive of `weight` bytes may still unpack to in `folder`."""

    def __init__(self, whose: str, weight: int, folder: Path, limits: Limits) -> None:
        self._whose = whose
        self._limits = limits
        self._files = 0
        self._bytes = 0
        self._most = max(limits.always, weight * limits.expansion)
        self._room = room_in(folder, limits)

    def spend(self, size: int) -> None:
        """Take one more file of `size` bytes into account; refuse a bomb, or what has no room."""
        self._files += 1
        self._room -= -(-size // _BLOCK) * _BLOCK
        if self._files > self._limits.files:
            raise self._bomb(f"holds more than {self._limits.files:,} files")
        self.pass_over(size)
        if self._room < 0:
            raise no_room(f"`{self._whose}` cannot be unpacked", self._limits)

    def pass_over(self, size: int) -> None:
        """Take `size` bytes into account that are read, and not written."""
        self._bytes += size
        if self._bytes > self._most:
            raise self._bomb(f"unpacks to more than {self._limits.expansion:,} times its size")

    def _bomb(self, why: str) -> DataError:
        return DataError(
            f"`{self._whose}` {why}", hint="this is no honest archive of images; it was not kept"
        )


def room_in(folder: Path, limits: Limits = LIMITS) -> int:
    """How many bytes may be written there."""
    return shutil.disk_usage(folder).free - limits.reserve


def no_room(what: str, limits: Limits = LIMITS) -> StoreError:
    """The error that says so before the disk is full."""
    return StoreError(
        f"{what}: the disk has too little room, {limits.reserve >> 20} MB are kept free",
        hint="make room on the disk and run again; nothing was recorded",
    )
