"""Which images go back to people, and what becomes of their answers, as far as planning knows.

A project lists images; those that no batch has taken yet ride in the next one. What people answer
is kept with the `label` stage; a dataset takes its part of that into a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ymir.plan.decision import Decision
from ymir.plan.history import count
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf, Stage
from ymir.plan.world import Listed
from ymir.spec.mistakes import quoted

INPUT = "relabel"  # among the inputs of a `mine` stage: the digest of what the lists say
SENT, LEFT = "relabel", "relabel_left"  # its facts: how many went back, and had no room
CORRECTED = "corrected"  # a fact of `label`: dataset -> how many of its images came back


def waiting(project: str, number: int, listed: Listed | None, observed: Snapshot) -> Listed | None:
    """What a round's batch takes of the lists; None once an earlier one was answered in full."""
    if listed is None or not listed.images:
        return None
    for place in (RoundOf(project, n) for n in range(1, number)):
        mine = observed.get(place.stage("mine"))
        is_this = mine is not None and mine.recipe.inputs.get(INPUT) == listed.digest
        if mine and is_this and not count(mine, LEFT) and place.stage("label") in observed:
            return None
    return listed


def with_corrections(stage: Stage, observed: Snapshot) -> Stage:
    """A dataset's stage, with the answers that correct it.

    These are recorded and never change: they count by their digests, as a source does, because what
    they were made from includes the dataset itself. A dataset whose source nobody can look at is
    corrected as it is recorded.
    """
    answers = _answers(stage.name, observed)
    recorded = observed.get(stage.name)
    if not answers:
        return stage
    if not (stage.sealed and recorded):
        return replace(stage, digests={**stage.digests, **answers})
    return replace(
        stage,
        inputs=(),
        settings=recorded.recipe.settings,
        digests={**recorded.recipe.inputs, **answers},
        sealed=False,
        obstacle=None,
    )


def is_answer(name: str) -> bool:
    """True of an input of a dataset that is what people answered in a round."""
    return RoundOf.of(name) is not None


def in_order(answers: Mapping[str, str]) -> list[str]:
    """Answers as they are applied: of a project's rounds, the last one wins."""
    places = {name: RoundOf.of(name) for name in answers}
    return sorted(answers, key=lambda n: (p.project, p.number) if (p := places[n]) else (n, 0))


def said_of(
    project: str, last: int, decision: Decision | None, observed: Snapshot, listed: Listed | None
) -> str | None:
    """What happens to the listed images next, in one line; None when nothing does."""
    if with_people := _with_people(RoundOf(project, last), observed):
        return with_people
    has_batch = RoundOf(project, last).stage("mine") in observed
    number = last + 1 if has_batch else last
    if (left := waiting(project, number, listed, observed)) is None:
        return None
    some = f"{_images(left.images)} of {quoted(left.files)}"
    if decision and decision.stops:
        return f"{some} {'is' if left.images == 1 else 'are'} not sent back: the loop has stopped"
    earlier = (observed.get(RoundOf(project, n).stage("mine")) for n in range(1, number))
    is_known = not any(mine and INPUT in mine.recipe.inputs for mine in earlier)
    go = "goes" if left.images == 1 else "go"
    return f"{'' if is_known else 'up to '}{some} {go} back with the batch of round {number}"


def _with_people(place: RoundOf, observed: Snapshot) -> str | None:
    """What a batch that is out takes back, and which datasets that will make anew."""
    mine = observed.get(place.stage("mine"))
    if mine is None or place.stage("label") in observed or not count(mine, SENT):
        return None
    corrects = mine.facts.get(CORRECTED)
    named = quoted(sorted(corrects)) if isinstance(corrects, dict) and corrects else ""
    then = f"; then {named} will have a new version" if named else ""
    return f"the batch of round {place.number} takes back {_images(count(mine, SENT))}{then}"


def _answers(dataset: str, observed: Snapshot) -> dict[str, str]:
    """The `label` stages with answers for a dataset, and their digests."""
    found = {}
    for name, version in observed.items():
        corrected = version.facts.get(CORRECTED) if name.endswith("/label") else None
        if isinstance(corrected, dict) and dataset in corrected:
            found[name] = version.digest
    return {name: found[name] for name in in_order(found)}


def _images(number: int) -> str:
    return f"{number} image{'s' * (number != 1)}"
