"""Makes an input smaller that still breaks the law in the same way."""

from tests.fuzz.target import Bench

_TRIES = 400


def shrunk(bench: Bench, data: bytes, why: str) -> bytes:
    """The smallest that was found in a bounded number of tries: whole pieces are left out."""
    tries, size = 0, max(1, len(data) // 2)
    while size and tries < _TRIES:
        at, is_smaller = 0, False
        while at < len(data) and tries < _TRIES:
            tries += 1
            less = data[:at] + data[at + size :]
            if bench.why(less) == why:
                data, is_smaller = less, True
            else:
                at += size
        if not is_smaller:
            size //= 2
    return data
