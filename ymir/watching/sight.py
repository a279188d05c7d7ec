"""What a look at a workspace says: how its batches stand, and what is worth another `apply`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

Row = Mapping[str, JsonValue]


class Chance(NamedTuple):
    """Something that an `apply` may bring on; `mark` is another one when it is another chance."""

    mark: str
    words: str
    is_step: bool = False  # of the plan: an `apply` that leaves it has tried it


@dataclass(frozen=True)
class Sight:
    """What is `worth` another `apply`, and how things stand, line by line."""

    worth: frozenset[Chance] = frozenset()
    lines: tuple[str, ...] = ()
    is_parked: bool = False  # people have a batch, or a label tool does not answer


def sight(planned: JsonValue, batches: JsonValue) -> Sight:
    """Read what `ymir plan --json` and `ymir labels ls --open --json` say."""
    steps, rows = _rows(planned, "steps"), _rows({"": batches}, "")
    worth = (*_of_plan(planned, steps), *(each for row in rows for each in _of_batch(row)))
    lines = tuple(str(row.get("says")) for row in rows)
    is_parked = any(each.get("action") == "park" for each in steps)
    return Sight(frozenset(worth), lines, is_parked)


def _of_plan(planned: JsonValue, steps: Sequence[Row]) -> Iterator[Chance]:
    """Each step that is ready; where there is no plan, why: `apply` tells it in full."""
    if isinstance(planned, dict) and (wrong := planned.get("error")):
        yield Chance(str(wrong), "the plan cannot be made")
    for step in steps:
        if step.get("action") == "run":
            said = f"{step.get('stage')}  ({step.get('why')})"
            yield Chance(f"{said} {step.get('recipe')}", said, is_step=True)


def _of_batch(row: Row) -> Iterator[Chance]:
    """A batch that people are done with, or whose time is up."""
    name = row.get("batch")
    if row.get("done"):
        yield Chance(f"{name} done {row.get('balance')}", f"{name} is done")
    if row.get("late"):
        yield Chance(f"{name} late {row.get('due')}", f"{name} was due on {row.get('due')}")


def _rows(data: JsonValue, name: str) -> Sequence[Row]:
    found = data.get(name) if isinstance(data, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else ()
