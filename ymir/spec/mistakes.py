"""What is wrong in spec files, and where: all of it at once."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ymir.errors import SpecError

_MOST_CHOICES = 8


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to correct; `line` 0 means the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        line = ": ".join(part for part in (where, self.field, self.message) if part)
        return "".join(each if each.isprintable() else _escaped(each) for each in line)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


class BrokenSpecsError(SpecError):
    """The spec files hold `mistakes`; nothing can run until they are corrected."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        count = f"{len(self.mistakes)} mistake{'s' if len(self.mistakes) != 1 else ''}"
        lines = "\n".join(str(mistake) for mistake in self.mistakes)
        super().__init__(
            f"{count} in the specs\n{lines}",
            hint="`ymir explain KIND.field` says what a field may hold",
        )


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that `word` was probably meant to be."""
    by_lower_case = {each.lower(): each for each in words}
    near = difflib.get_close_matches(word.lower(), by_lower_case, n=1)
    return by_lower_case[near[0]] if near else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The nearest of `words`, as the end of a sentence; nothing when none is near."""
    near = nearest(word, words)
    return f" (did you mean `{near}`?)" if near else ""


def suggestion(word: str, words: Iterable[str]) -> str:
    """The nearest of `words`, or all of them when they are few, as the end of a sentence."""
    choices = sorted(words)
    if not choices:
        return " (there is none)"
    all_of_them = f" (there is {quoted(choices)})" if len(choices) <= _MOST_CHOICES else ""
    return did_you_mean(word, choices) or all_of_them


def quoted(words: Iterable[str], joint: str = "and") -> str:
    """`a`, `b` and `c`."""
    *first, last = [f"`{word}`" for word in words]
    return f"{', '.join(first)} {joint} {last}" if first else last


def one_of(words: Iterable[str]) -> str:
    """One of `a`, `b` or `c`."""
    choices = tuple(words)
    return f"one of {quoted(choices, 'or')}" if len(choices) > 1 else quoted(choices)
