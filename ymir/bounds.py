"""Answers of servers, read within bounds: no reply is endless, however it comes in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ymir.errors import YmirError

if TYPE_CHECKING:
    import httpx

_PACKED = "content-encoding"


class TooLargeError(YmirError):
    """An answer has more bytes than are read."""


class TooSlowError(YmirError):
    """An answer does not come to its end in time."""


@dataclass(frozen=True)
class Bounds:
    """How much is read of an answer, unpacked, and how long.

    An answer has `seconds`, and more of them only while it brings `pace` bytes in each.
    """

    most: int = 1 << 30
    seconds: float = 120
    pace: int = 16 << 10


def bounded(pieces: Iterable[bytes], bounds: Bounds) -> Iterator[bytes]:
    """The pieces, as they come; raises where there are too many, or they come too slowly."""
    came, began = 0, time.monotonic()
    for piece in pieces:
        came += len(piece)
        if came > bounds.most:
            raise TooLargeError(f"its answer has more than {_size(bounds.most)}")
        took = time.monotonic() - began
        if took > bounds.seconds + came / bounds.pace:
            raise TooSlowError(f"its answer is not whole after {took:.0f} s")
        yield piece


def keeping(bounds: Bounds) -> Callable[[httpx.Response], None]:
    """A hook on responses of httpx: nobody reads more of them than that, whoever reads."""
    import httpx  # takes its time to load, and not everybody who is bounded uses it

    class Bounded(httpx.SyncByteStream):
        def __init__(self, within: httpx.Response) -> None:
            self._within = within

        def __iter__(self) -> Iterator[bytes]:
            yield from bounded(self._within.iter_bytes(), bounds)

        def close(self) -> None:
            self._within.close()

    def keep(response: httpx.Response) -> None:
        """Unpack what comes in as it is counted."""
        within = httpx.Response(
            response.status_code, headers=response.headers, stream=response.stream
        )
        response.stream = Bounded(within)
        if _PACKED in response.headers:
            del response.headers[_PACKED]

    return keep


def _size(amount: int) -> str:
    return f"{amount >> 20} MiB" if amount >> 20 else f"{amount} bytes"
