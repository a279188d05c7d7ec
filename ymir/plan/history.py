"""What the records say of a project's rounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

from pydantic import JsonValue

from ymir.errors import StoreError
from ymir.plan.decision import Figures
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf

MINING = "mining"  # a fact of `report`: whether mining pays, a word for programs and a sentence
_INTERVALS = ("map", "map_low", "map_high", "map_50_95", "map_50_95_low")
_FIGURES = (*_INTERVALS, "per_class", "per_class_low")
_BEFORE_JUDGE = ("train", "predict")


def newest_round(project: str, observed: Snapshot) -> int:
    """The highest round of which anything is recorded; 0 before the first."""
    own = f"{project}/"
    rounds = (RoundOf.of(name) for name in observed if name.startswith(own))
    return max((each.number for each in rounds if each), default=0)


def judged_rounds(stages: Iterable[str]) -> tuple[int, ...]:
    """The numbers of the rounds whose scores are among these stages."""
    places = (RoundOf.of(name) for name in stages if name.endswith("/judge"))
    return tuple(place.number for place in places if place)


def generation_of(project: str, number: int, observed: Snapshot) -> int:
    """Which generation a round belongs to: `apply --restart` begins the next; the first is 1."""
    training = observed.get(RoundOf(project, number).stage("training"))
    return number_in(training.recipe.settings, "generation") if training else 1


def labels_bought(project: str, number: int, observed: Snapshot) -> int:
    """How many images people labelled in this round."""
    label = observed.get(RoundOf(project, number).stage("label"))
    return count(label, "labelled") if label else 0


def mining_so_far(project: str, observed: Snapshot) -> Mapping[str, str] | None:
    """Whether mining pays, as the newest report has it: its `verdict`, and what it `says`."""
    report = observed.get(f"{project}/report")
    said = report.facts.get(MINING) if report else None
    return {name: str(each) for name, each in said.items()} if isinstance(said, dict) else None


def gpu_seconds(project: str, observed: Snapshot) -> float | None:
    """Seconds of the project's jobs, times their GPUs; None where no recorded stage says so."""
    known = [seconds for _, _, seconds in _spent(project, observed)]
    return sum(known) if known else None


def gpu_seconds_before(project: str, observed: Snapshot) -> Mapping[int, float]:
    """Round -> what was spent before it was judged: until its training and its predictions.

    So a round that goes on never changes how it was decided.
    """
    own: dict[int, float] = defaultdict(float)
    rest: dict[int, float] = defaultdict(float)
    for number, kind, seconds in _spent(project, observed):
        (own if kind in _BEFORE_JUDGE else rest)[number] += seconds
    found, spent = {}, 0.0
    for number in range(1, newest_round(project, observed) + 1):
        found[number] = spent + own[number]
        spent = found[number] + rest[number]
    return found


def _spent(project: str, observed: Snapshot) -> Iterator[tuple[int, str, float]]:
    """The number of a round, the kind of a stage, and what its jobs took, where that is known."""
    own = f"{project}/"
    for name, version in observed.items():
        seconds = version.facts.get("gpu_seconds") if name.startswith(own) else None
        place = RoundOf.of(name) if seconds is not None else None
        if place:
            yield place.number, name.rpartition("/")[2], _real(seconds)


def figures_of(number: int, judge: Version, labels: int, gpu: float = 0.0) -> Figures:
    """Read a judged round's figures back from its record."""
    facts = judge.facts
    if absent := [each for each in _FIGURES if each not in facts]:
        raise StoreError(
            f"the record of round {number} does not say its `{absent[0]}`",
            hint="bring it back: `git log` shows who changed it",
        )
    return Figures(
        round=number,
        map=_real(facts["map"]),
        map_low=_real(facts["map_low"]),
        map_high=_real(facts["map_high"]),
        map_50_95=_real(facts["map_50_95"]),
        map_50_95_low=_real(facts["map_50_95_low"]),
        per_class=reals(facts["per_class"]),
        per_class_low=reals(facts["per_class_low"]),
        labels=labels,
        gpu_seconds=gpu,
    )


def count(version: Version, fact: str) -> int:
    """A whole number among a version's facts; 0 where it is missing."""
    return number_in(version.facts, fact)


def seconds_of(version: Version) -> float | None:
    """How long it took to make, where that is known."""
    seconds = version.facts.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def number_in(values: Mapping[str, JsonValue], name: str) -> int:
    """A whole number among named values; 0 where it is missing."""
    value = _real(values.get(name, 0))
    return int(value) if isfinite(value) else 0


def reals(value: JsonValue) -> dict[str, float]:
    """Named numbers among a version's facts; none where they are missing."""
    return {k: _real(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _real(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
