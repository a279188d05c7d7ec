"""What steered the picking of a batch besides its strategy, and what it passed over, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from ymir.plan.history import number_in, reals
from ymir.report.record import RoundRecord
from ymir.report.words import percent, plural
from ymir.spec.mine import Spread

_MOST = 5  # classes that are named


def limits(now: RoundRecord) -> tuple[str, ...]:
    """One sentence each; none where nothing was steered, limited or recorded."""
    mine = now.versions.get("mine")
    if mine is None:
        return ()
    facts, settings = mine.facts, mine.recipe.settings
    return (*_looked_at(facts), *_steered(settings), *_passed(facts, settings))


def _looked_at(facts: Mapping[str, JsonValue]) -> Iterator[str]:
    free, seen = number_in(facts, "candidates"), number_in(facts, "looked_at")
    if seen:
        yield f"Of {plural(free, 'image')} that could be picked, {seen:,} were looked at."
    elif free:
        yield f"{plural(free, 'image')} could be picked."


def _steered(settings: Mapping[str, JsonValue]) -> Iterator[str]:
    blend = settings.get("blend")
    weight = blend.get("weight") if isinstance(blend, dict) else None
    if isinstance(weight, int | float):
        yield f"The executor's own scores count {percent(weight)} of an image's place."
    lacking = {label: lack for label, lack in reals(settings.get("shortfall")).items() if lack > 0}
    if lacking:
        worst = sorted(lacking.items(), key=lambda each: (-each[1], each[0]))
        said = ", ".join(f"`{label}` {lack:.3f}" for label, lack in worst[:_MOST])
        more = f" and {len(worst) - _MOST:,} more" if len(worst) > _MOST else ""
        yield f"It was aimed at classes below their floors: {said}{more}."


def _passed(facts: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]) -> Iterator[str]:
    folded, capped = number_in(facts, "folded"), number_in(facts, "capped")
    if folded:
        own = "it" if folded == 1 else "them"
        yield f"{_over(folded)} others like {own} are labelled or in the batch."
    if capped:
        own = "its" if capped == 1 else "their"
        yield f"{_over(capped)} {_group(settings.get('groups'), own)} in the batch."


def _over(images: int) -> str:
    return f"{plural(images, 'image')} {'was' if images == 1 else 'were'} passed over because"


def _group(groups: JsonValue, own: str) -> str:
    """What there is enough of."""
    if not isinstance(groups, dict):
        return f"there are enough of {own} group"
    by = groups.get("by")
    keys = " and ".join(f"`{each}`" for each in by) if isinstance(by, list) else "group"
    most = number_in(groups, "most") or Spread.model_fields["most"].default
    return f"there are {most:,} of {own} {keys}"
