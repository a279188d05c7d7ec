"""One step in full: its reason, its recipe before and now, and what it is made from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ymir.plan.history import count
from ymir.plan.planner import Prune, Step
from ymir.plan.reason import SETTINGS, Difference, Reason, differences, settings_of
from ymir.plan.snapshot import Recipe, Snapshot, Version, in_series
from ymir.plan.stage import Stage


@dataclass(frozen=True)
class Ingredient:
    """One input: its digest now and in the newest recipe, and who made it."""

    name: str
    before: str | None
    after: str | None  # None: it is to be made first, or is not an input any more
    maker: str

    @property
    def is_other(self) -> bool:
        """Whether it is not what the newest version was made from."""
        return self.before != self.after


@dataclass(frozen=True)
class Account:
    """What is known of a step."""

    stage: str
    version: Version | None  # the newest
    settings: Mapping[str, str]  # as the specs have them now
    before: Mapping[str, str]  # as the newest version was made
    inputs: tuple[Ingredient, ...]
    reason: Reason


def account_of(step: Step, observed: Snapshot) -> Account:
    """All that decides a step."""
    if isinstance(step, Prune):
        return Account(step.name, None, {}, {}, (), step.reason)
    stage = step.stage
    version = observed.get(stage.name)
    inputs = tuple(_ingredients(stage, version, observed))
    before = settings_of(version.recipe.settings) if version else {}
    now = before if stage.sealed and version else settings_of(stage.settings)
    known = {name: digest for name, digest in _now(stage, observed).items() if digest}
    reason = step.reason
    if version and not stage.sealed and not reason.differences:
        found = differences(version.recipe, Recipe(stage.kind, stage.settings, known))
        reason = Reason(reason.code, tuple(each for each in found if _is_sure(each, stage, known)))
    return Account(stage.name, version, now, before, inputs, reason)


def _is_sure(difference: Difference, stage: Stage, known: Mapping[str, str]) -> bool:
    """Whether it differs for certain: what is to be made first may turn out the same."""
    is_setting = difference.name.startswith(SETTINGS)
    return is_setting or difference.name in known or difference.name not in stage.inputs


def _now(stage: Stage, observed: Snapshot) -> dict[str, str | None]:
    made = in_series({name: observed[name].digest for name in stage.inputs if name in observed})
    unmade = {name: None for name in stage.inputs if name not in observed}
    return {**made, **unmade, **stage.digests}


def _ingredients(stage: Stage, version: Version | None, observed: Snapshot) -> Iterator[Ingredient]:
    before = dict(version.recipe.inputs) if version else {}
    now: Mapping[str, str | None] = before if stage.sealed and version else _now(stage, observed)
    for name in {**now, **before}:
        yield Ingredient(name, before.get(name), now.get(name), _maker(name, observed))


def _maker(name: str, observed: Snapshot) -> str:
    """Which version it is, and who made it."""
    made = observed.get(name)
    if made is None:
        return {"source": "the files", "executor": "the program"}.get(name, "")
    kind = made.recipe.kind
    number = "" if "/" in name else f" v{made.number}"
    executor = made.recipe.settings.get("executor")
    by = f" by {executor}" if executor else ""
    images = f", {count(made, 'images'):,} images" if "images" in made.facts else ""
    return f"{kind}{number}{by}{images}"
