"""What a look at a workspace says: how its batches stand, and what is worth another `apply`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

RETRAIN, DESTROY = "retrain", "destroy"
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
    standing: tuple[str, ...] = ()  # each project, shortly
    people: tuple[str, ...] = ()  # what they have, in a few words
    broken: tuple[str, ...] = ()  # what is wrong with the specs: others are planned with
    held: str = ""  # why nothing may be applied, whatever it is worth
    trouble: str = ""  # what is not as it should be, and keeps nobody from work


def sight(planned: JsonValue, batches: JsonValue, allowed: Collection[str] = ()) -> Sight:
    """Read what `ymir plan --json` and `ymir labels ls --open --json` say.

    `allowed` is what `apply` is told that somebody agrees to: `retrain`, `destroy`.
    """
    steps, rows = _rows(planned, "steps"), _rows({"": batches}, "")
    anew = _of_edits(_rows(planned, "edits")) if RETRAIN in allowed else ()
    batched = (each for row in rows for each in _of_batch(row))
    worth = (*_of_plan(planned, steps), *anew, *batched)
    lacking = sorted(_needed(steps) - {*allowed}, reverse=True)
    return Sight(
        worth=frozenset(worth),
        lines=tuple(str(row.get("says")) for row in rows),
        is_parked=any(each.get("action") == "park" for each in steps),
        standing=tuple(map(_standing, _rows(planned, "projects"))),
        people=tuple(_with_people(rows)),
        held=_unasked(lacking) if lacking else "",
    )


def mistakes(validated: JsonValue) -> tuple[str, ...]:
    """Read what `ymir validate --json` says is wrong, one line each; empty where all is right."""
    if not isinstance(validated, dict) or validated.get("ok") is not False:
        return ()
    found = tuple(map(_mistake, _rows(validated, "mistakes")))
    return found or (str(validated.get("error")),)


def _of_plan(planned: JsonValue, steps: Sequence[Row]) -> Iterator[Chance]:
    """Each step that is ready; where there is no plan, why: `apply` tells it in full."""
    if isinstance(planned, dict) and (wrong := planned.get("error")):
        yield Chance(str(wrong), "the plan cannot be made")
    for step in steps:
        if step.get("action") == "run":
            said = f"{step.get('stage')}  ({step.get('why')})"
            yield Chance(f"{said} {step.get('recipe')}", said, is_step=True)


def _of_edits(edits: Sequence[Row]) -> Iterator[Chance]:
    """Edits after which a project begins anew, once somebody agrees."""
    for edit in edits:
        if edit.get("category") == RETRAIN:
            yield Chance(f"anew {edit}", f"{edit.get('project')}: {edit.get('what')}", is_step=True)


def _needed(steps: Sequence[Row]) -> frozenset[str]:
    """What somebody must agree to before anything is done."""
    rounds = (str(each.get("stage")).rpartition("/")[0] for each in steps if _is_held_up(each))
    held, found = frozenset(rounds), set()
    for step in (each for each in steps if each.get("action") in ("run", "park", "wait")):
        is_held = str(step.get("stage")).rpartition("/")[0] in held
        found |= {RETRAIN} if step.get("category") == RETRAIN and not is_held else set()
        found |= {DESTROY} if step.get("is_destructive") else set()
    return frozenset(found)


def _is_held_up(step: Row) -> bool:
    return step.get("action") == "block" and step.get("kind") == "training"


def _unasked(lacking: Sequence[str]) -> str:
    options = " ".join(f"--allow {each}" for each in lacking)
    return f"nothing is applied, for nobody has agreed to all of it: `ymir apply {options}`"


def _of_batch(row: Row) -> Iterator[Chance]:
    """A batch that people are done with, or whose time is up."""
    name = row.get("batch")
    if row.get("done"):
        yield Chance(f"{name} done {row.get('balance')}", f"{name} is done")
    if row.get("late"):
        yield Chance(f"{name} late {row.get('due')}", f"{name} was due on {row.get('due')}")


def _standing(project: Row) -> str:
    place = f" r{number}" if (number := project.get("round")) else ""
    return f"{project.get('project')}{place}{': goal met' if project.get('goal_met') else ''}"


def _with_people(rows: Sequence[Row]) -> Iterator[str]:
    """How many batches, and how much of them is done."""
    balances = [each for row in rows if isinstance(each := row.get("balance"), dict)]
    sent, open_ = (
        sum(_number(each, name) for each in balances) for name in ("sent", "outstanding")
    )
    if rows:
        batches = "1 batch" if len(rows) == 1 else f"{len(rows)} batches"
        yield f"{batches} with people ({sent - open_} of {sent})"


def _number(row: Row, name: str) -> int:
    found = row.get(name)
    return found if isinstance(found, int) else 0


def _mistake(row: Row) -> str:
    place = ":".join(str(row[key]) for key in ("file", "line", "column") if row.get(key))
    said = (str(row[key]) for key in ("field", "message") if row.get(key))
    return ": ".join((place, *said))


def _rows(data: JsonValue, name: str) -> Sequence[Row]:
    found = data.get(name) if isinstance(data, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else ()
