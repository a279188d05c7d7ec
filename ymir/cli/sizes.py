"""Counts and bytes in words."""

from collections import Counter
from collections.abc import Iterable, Iterator

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def size_of(count: int) -> str:
    """Bytes for people: `17 bytes`, `1.2 GB`."""
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == _UNITS[0] else f"{size:.1f} {unit}"


def count_of(count: object) -> str:
    """A count for people: `12,345`; what is none stays as it is."""
    return f"{count:,}" if isinstance(count, int) else str(count)


def totals(items: Iterable[tuple[str, int]]) -> Iterator[str]:
    """One line per kind: how many there are, and their bytes."""
    counts, sizes = Counter[str](), Counter[str]()
    for kind, size in items:
        counts[kind] += 1
        sizes[kind] += size
    for kind in sorted(counts):
        yield f"{counts[kind]:>9,}  {kind:<10}  {size_of(sizes[kind])}"
