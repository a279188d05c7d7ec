"""Text for Markdown pages on which anything may stand, and nothing may act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from unicodedata import category

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # as a code span: nothing in it means anything
_MEANT = re.compile(r"[!\"#$*<>&@\[\\\]^_`{|}~]|:(?=//)|(?<=www)\.")
_JOINER = "\N{ZERO WIDTH JOINER}"


def code(name: str, most: int = 60) -> str:
    """A name that somebody else chose, in code; of a long one, the beginning."""
    shown = _cut(_one_line(name), most)
    if _SAFE.fullmatch(shown):
        return f"`{shown}`"
    is_sign = re.compile(r"[!-/:-@\[-`{-~]").match
    letters = (f"&#{ord(each)};" if is_sign(each) else each for each in shown)
    return f"<code>{''.join(letters)}</code>"


def block(text: str, most: int = 400) -> str:
    """A command to copy, in a block of its own: nothing in it means anything."""
    shown = _cut(_one_line(text), most)
    ticks = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}\n{shown}\n{fence}\n"


def sentence(text: str, most: int = 400) -> str:
    """A sentence that may hold such names: shown as it is, linking and naming nobody."""
    return _MEANT.sub(_quoted, _cut(_one_line(text), most))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a head that ends in a colon is of figures, set to the right."""
    lines = [
        " | ".join(each.removesuffix(":") for each in heads),
        " | ".join("---:" if each.endswith(":") else "---" for each in heads),
        *(" | ".join(row) for row in rows),
    ]
    return "".join(f"| {line} |\n" for line in lines)


def _one_line(text: str) -> str:
    """Without what is not seen but turns or hides what is: controls, marks of direction."""
    seen = (
        each if each == _JOINER or category(each) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else " "
        for each in text
    )  # fmt: skip
    return " ".join("".join(seen).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _quoted(found: re.Match[str]) -> str:
    letter = found[0]
    apart = "&#8288;" if letter == "@" else ""  # so that nobody of that name hears of it
    return f"&#{ord(letter)};{apart}"
