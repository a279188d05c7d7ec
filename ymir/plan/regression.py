"""What became worse from one round to the next by more than noise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from ymir.plan.history import reals
from ymir.plan.snapshot import Facts


def regressions(before: Facts, now: Facts) -> tuple[str, ...]:
    """The classes whose AP50 fell by more than the noise of both rounds, the deepest fall first.

    Both are facts of a `judge` stage. The noise is half of either band, added in squares.
    """
    was, is_now = reals(before.get("per_class")), reals(now.get("per_class"))
    falls = {label: was[label] - is_now[label] for label in was if label in is_now}
    worse = [
        label
        for label, fall in falls.items()
        if fall > 0 and fall > hypot(_half(before, label), _half(now, label))
    ]
    return tuple(sorted(worse, key=lambda label: (-falls[label], label)))


def said_of(worse: Sequence[str], before: Facts, now: Facts, *, since: int) -> str:
    """What the gate says, and what opens it."""
    was, is_now = reals(before.get("per_class")), reals(now.get("per_class"))
    falls = ", ".join(f"{label} {was[label]:.3f} → {is_now[label]:.3f}" for label in worse)
    return (
        f"the AP of {falls} fell by more than noise since round {since}: nobody labels for the "
        "next round; see the report, then mend the data, or go on with `gates: {regression: warn}`"
    )


def _half(facts: Facts, label: str) -> float:
    """Half the noise band of a class; records from before both ends were kept have the lower."""
    value = reals(facts.get("per_class"))[label]
    low = reals(facts.get("per_class_low")).get(label, value)
    high = reals(facts.get("per_class_high")).get(label, 2 * value - low)
    return (high - low) / 2
