"""The observed state: which versions exist, and how each was made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import JsonValue

from ymir.plan.stage import RoundOf, Settings, Stage
from ymir.spec.pins import dataset_of

Facts = Mapping[str, JsonValue]
SERIES = 32  # rounds whose stages of one kind are one input of a recipe


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a stage produces. Equal recipes make equal data."""

    kind: str
    settings: Settings
    inputs: Mapping[str, str]  # stage name or `source`, `executor` -> digest of what is consumed

    @property
    def content(self) -> frozenset[tuple[str, str]]:
        """What is consumed, with its digest; that a dataset was pinned does not matter here."""
        return frozenset((dataset_of(name), digest) for name, digest in self.inputs.items())

    @property
    def digest(self) -> str:
        """12 hex digits that stand for the recipe in the names of jobs and folders."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Version:
    """One thing that exists: its content, the recipe it came from, and what is known of it."""

    recipe: Recipe
    digest: str
    number: int = 1  # v1, v2, … of a dataset; the round's number for a stage of a round
    facts: Facts = field(default_factory=dict)  # counts, metrics, seconds: small, for people


# Stage name -> its newest version. A stage of a round is named `project/r3/train`.
Snapshot = Mapping[str, Version]


def recipe_for(stage: Stage, observed: Snapshot) -> Recipe:
    """The recipe `stage` would follow if it ran now."""
    inputs = in_series({name: observed[name].digest for name in stage.inputs})
    return Recipe(stage.kind, stage.settings, {**inputs, **stage.digests})


def in_series(inputs: Mapping[str, str]) -> dict[str, str]:
    """The inputs, with one digest in place of each full series of rounds, as `helmet/r1-32/label`.

    What is made from every round would otherwise have a recipe, and a record in git, that grows
    with every round. A series is full once there is an input of a later one.
    """
    places = {name: place for name in inputs if (place := RoundOf.of(name))}
    if len(places) <= SERIES:
        return dict(inputs)
    whose = {name: (p.project, name.rpartition("/")[2]) for name, p in places.items()}
    last: dict[tuple[str, str], int] = {}
    for name, place in places.items():
        last[whose[name]] = max(last.get(whose[name], 0), _series(place))
    found: dict[str, str] = {}
    series: dict[str, list[str]] = {}
    for name, digest in inputs.items():
        if name not in places or _series(places[name]) == last[whose[name]]:
            found[name] = digest
            continue
        (project, kind), first = whose[name], SERIES * _series(places[name]) + 1
        one = f"{project}/r{first}-{first + SERIES - 1}/{kind}"
        series.setdefault(one, []).append(f"{name} {digest}")
        found[one] = ""
    digests = {one: "\n".join(sorted(each)).encode() for one, each in series.items()}
    return found | {one: hashlib.sha256(each).hexdigest()[:32] for one, each in digests.items()}


def _series(place: RoundOf) -> int:
    return (place.number - 1) // SERIES
