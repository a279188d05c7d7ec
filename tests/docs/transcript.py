"""What a page shows of a terminal: commands that are typed, and what they say."""

import re
from dataclasses import dataclass

FINE = (0, 2, 3)  # done; changes are pending; people must label
_CODE = re.compile(r"#[^#\n]*\bexit (?:code )?(\d+)\b[^\n]*\Z")
_NUMBER = re.compile(r"\b[0-9a-f]{7,64}\b|\d+(?:[.,:]\d+)*")
_ANYTHING = "…"


@dataclass(frozen=True)
class Typed:
    """A command, the exit codes that it may end with, and what it says as the page shows it."""

    command: str
    shown: str
    line: int

    @property
    def codes(self) -> tuple[int, ...]:
        """The code that its comment tells; without one, those that mean that nothing failed."""
        told = _CODE.search(self.command)
        return (int(told[1]),) if told else FINE


def transcript(text: str, line: int = 1) -> list[Typed]:
    """The commands of a block `console`; `line` is that of the block's fence."""
    typed: list[Typed] = []
    for number, each in enumerate(text.splitlines(), start=line + 1):
        if each.startswith("$ "):
            typed.append(Typed(each[2:], "", number))
            continue
        assert typed, f"line {number}: a block `console` begins with `$ ` and a command"
        last = typed.pop()
        if each.startswith("> ") and not last.shown:
            typed.append(Typed(f"{last.command}\n{each[2:]}", "", last.line))
        else:
            typed.append(Typed(last.command, f"{last.shown}{each}\n", last.line))
    return typed


def fits(shown: str, said: str) -> bool:
    """Whether a page shows what was said; see `docs/README.md` for the rule."""
    *before, last = _plain(shown).split(_ANYTHING)
    text, end = _plain(said), 0
    if not before:
        return last in ("", text)
    for part in before:
        begin = text.find(part, end)
        if begin < 0:
            return False
        end = begin + len(part)
    return text.startswith(before[0]) and text[end:].endswith(last)


def _plain(text: str) -> str:
    """Any number is the same number, and any space the same space."""
    words = _NUMBER.sub("0", text).split()
    return re.sub(rf" ?{_ANYTHING} ?", _ANYTHING, " ".join(words))
