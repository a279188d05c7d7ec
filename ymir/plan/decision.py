"""Go on, or stop and why: a pure function of the goal and of what the rounds have reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ymir.spec.project import Goal

HOUR = 3600  # seconds


@dataclass(frozen=True)
class Figures:
    """What one judged round has reached. AP at IoU 0.5 unless the name says otherwise."""

    round: int
    map: float
    map_low: float
    map_high: float
    map_50_95: float
    map_50_95_low: float
    per_class: dict[str, float] = field(default_factory=dict)
    per_class_low: dict[str, float] = field(default_factory=dict)
    labels: int = 0  # images labelled in the loop before this round was trained
    gpu_seconds: float = 0.0  # seconds of jobs, times their GPUs, before this round was judged


@dataclass(frozen=True)
class Decision:
    """`reason` is a stable word; `says` is one line for people."""

    reason: str  # goal met | rounds | pool empty | no labels | label budget | gpu budget | plateau
    # | continue
    says: str
    goal_met: bool

    @property
    def stops(self) -> bool:
        """True when no further round follows."""
        return self.reason != "continue"


def decide(
    goal: Goal,
    history: Sequence[Figures],
    *,
    rounds: int,
    pool_empty: bool,
    nothing_new: bool = False,
) -> Decision:
    """Judge the newest round of `history` (oldest first, at least one).

    Up to there the generation has so many `rounds`, of which `history` lacks those whose scores
    are out of date. The goal comes first, then the budgets: a goal that is met on the last round is
    a goal met. Labels count once a round was trained on them, so what was paid for is always used.
    """
    missing = unmet(goal, history[-1])
    if not missing:
        return Decision("goal met", f"goal met: {reached(goal, history[-1])}", goal_met=True)
    if rounds >= goal.rounds:
        reason, why = "rounds", f"the limit of {_rounds(goal.rounds)} is reached"
    elif pool_empty:
        reason, why = "pool empty", "no image is left to mine"
    elif nothing_new:
        reason, why = (
            "no labels",
            f"the batch of round {history[-1].round} brought no label, so another round would "
            "learn nothing new",
        )
    elif goal.labels is not None and history[-1].labels >= goal.labels:
        reason, why = "label budget", f"the budget of {goal.labels} labels is spent"
    elif goal.gpu_hours is not None and history[-1].gpu_seconds >= goal.gpu_hours * HOUR:
        reason, why = "gpu budget", f"the budget of {goal.gpu_hours:g} GPU-hours is spent"
    elif goal.plateau and _is_flat(history, goal.plateau.rounds, goal.plateau.gain):
        reason, why = (
            "plateau",
            f"{_rounds(goal.plateau.rounds)} in a row gained less than {goal.plateau.gain:g} mAP",
        )
    else:
        reason, why = "continue", "another round follows"
    return Decision(reason, f"goal not met: {'; '.join(missing)}; {why}", goal_met=False)


def reached(goal: Goal, figures: Figures) -> str:
    """The figures that the goal names, beside what it asks."""
    said = [f"{name} {value:.3f} ≥ {wanted:.3f}" for name, value, wanted in _checks(goal, figures)]
    return ", ".join(said)


def unmet(goal: Goal, figures: Figures) -> list[str]:
    """Each part of the goal that is not reached, in words."""
    return [
        f"{name} {value:.3f} < {wanted:.3f}"
        for name, value, wanted in _checks(goal, figures)
        if value < wanted
    ]


def wanted(goal: Goal) -> str:
    """The goal in words: `mAP ≥ 0.85, head ≥ 0.8`."""
    parts = [("mAP", goal.map), ("mAP 50-95", goal.map_50_95), *sorted(goal.per_class.items())]
    return ", ".join(f"{name} ≥ {value:g}" for name, value in parts if value is not None)


def _checks(goal: Goal, figures: Figures) -> list[tuple[str, float, float]]:
    low = goal.counts == "lower_bound"
    overall = [
        ("mAP", figures.map_low if low else figures.map, goal.map),
        ("mAP 50-95", figures.map_50_95_low if low else figures.map_50_95, goal.map_50_95),
    ]
    source = figures.per_class_low if low else figures.per_class
    classes = [(name, source.get(name, 0.0), least) for name, least in goal.per_class.items()]
    return [
        (name, value, least) for name, value, least in [*overall, *classes] if least is not None
    ]


def _rounds(count: int) -> str:
    return f"{count} round{'s' if count > 1 else ''}"


def _is_flat(history: Sequence[Figures], rounds: int, gain: float) -> bool:
    newest = history[-(rounds + 1) :]
    return len(newest) == rounds + 1 and all(
        after.map - before.map < gain for before, after in pairwise(newest)
    )
