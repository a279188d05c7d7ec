"""The outcome of a rehearsal, for people and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from ymir.rehearsal.rules import NOT_REACHED, Ruling, Verdict

_MARKS = {
    Verdict.HOLDS: "✓",
    Verdict.BREAKS: "✗",
    Verdict.TOLERATED: "!",
    Verdict.UNCHECKED: "\N{EN DASH}",
}


def lines(rulings: Sequence[Ruling]) -> Iterator[str]:
    """A line for each rule, what is wrong with it below; then the sum."""
    width = max(len(each.rule) for each in rulings)
    for each in rulings:
        yield f"{_MARKS[each.verdict]} {each.rule.ljust(width)}  {each.says}"
        indent = " " * (width + 4)
        if each.verdict is Verdict.HOLDS:
            continue
        if each.why and each.why != NOT_REACHED:
            yield f"{indent}{each.verdict}: {each.why}"
        if each.verdict is not Verdict.UNCHECKED:
            yield f"{indent}see {each.place}"
    yield summary(rulings)


def summary(rulings: Sequence[Ruling]) -> str:
    """`20 rules hold, 1 breaks, 2 are tolerated, 3 not checked`."""
    counts = dict.fromkeys(Verdict, 0)
    for each in rulings:
        counts[each.verdict] += 1
    words = {
        "hold" if counts[Verdict.HOLDS] != 1 else "holds": counts[Verdict.HOLDS],
        "broken": counts[Verdict.BREAKS],
        "tolerated": counts[Verdict.TOLERATED],
        "not checked": counts[Verdict.UNCHECKED],
    }
    return "rules: " + ", ".join(f"{count} {word}" for word, count in words.items() if count)


def is_sound(rulings: Sequence[Ruling]) -> bool:
    """Whether no rule is broken."""
    return all(each.verdict is not Verdict.BREAKS for each in rulings)


def data(rulings: Sequence[Ruling]) -> list[JsonValue]:
    """All of it, for programs."""
    return [
        {
            "rule": each.rule,
            "says": each.says,
            "verdict": str(each.verdict),
            "why": each.why,
            "place": each.place,
        }
        for each in rulings
    ]
