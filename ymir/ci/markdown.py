"""Texts of strangers in Markdown, where they may not be more than texts; tables that are cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST = 300  # letters of one text


def code(text: str, longest: int = _LONGEST) -> str:
    """Any text as a span of code in one line: no HTML, no link, and nobody is called by it."""
    clean = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    if not clean:
        return ""
    short = clean if len(clean) <= longest else f"{clean[: longest - 1]}…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", short)), default=0))
    edge = " " if short.startswith("`") or short.endswith("`") else ""
    return f"{fence}{edge}{short}{edge}{fence}"


@dataclass(frozen=True)
class Table:
    """Rows of cells that are Markdown already, under a heading; `folded` says what closes it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    folded: bool = False

    def lines(self, count: int) -> list[str]:
        """The first `count` rows, whole, and how many are left out."""
        if not self.rows:
            return []
        shown = [_row(self.head), _row(("---",) * len(self.head)), *map(_row, self.rows[:count])]
        if left := len(self.rows) - count:
            shown += ["", f"… and {left:,} more, which a comment has no room for."]
        if self.folded:
            summary = f"<details><summary>{self.title}</summary>"
            return ["", summary, "", *shown, "", "</details>"]
        return ["", f"**{self.title}**", "", *shown]


def fitted(first: Sequence[str], tables: Sequence[Table], last: Sequence[str], room: int) -> str:
    """All of it in at most `room` letters: whole rows of the tables, the earlier ones first."""
    counts = [0] * len(tables)
    sizes = [_size(table.lines(0)) for table in tables]
    left = room - _size(first) - _size(last) - sum(sizes)
    for number, table in enumerate(tables):
        for row in table.rows:
            left -= len(_row(row)) + 1
            if left < 0:
                break
            counts[number] += 1
        else:
            continue
        break
    shown = (
        line for table, count in zip(tables, counts, strict=True) for line in table.lines(count)
    )
    return "\n".join((*first, *shown, *last))


def _row(cells: Sequence[str]) -> str:
    # A backslash before `|` would do, but for a text that brings a backslash of its own.
    return f"| {' | '.join(each.replace('|', '¦') for each in cells)} |"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
