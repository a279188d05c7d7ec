"""Which images go back to people, and what becomes of their answers, as far as planning knows.

A project lists images; those that no batch has taken yet ride in the next one. So do, where it asks
for them, images with suspicious labels, and images that were labelled before a class was added.
What people answer is kept with the `label` stage; a dataset takes its part of that into a new
version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from ymir.plan.decision import Decision
from ymir.plan.history import count, number_in
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.plan.world import Listed
from ymir.spec.mistakes import quoted
from ymir.spec.project import ProjectSpec

INPUT = "relabel"  # among the inputs of a `mine` stage: the digest of what the lists say
ROOM = "room"  # its settings: how many images may go out at all; null: as many as there are
SUSPICIOUS, NEW_CLASSES = "suspicious", "new_classes"  # likewise: how many of these go back
SENT, LEFT = "relabel", "relabel_left"  # its facts: how many went back; listed ones without room
NEW_CLASS = "new_class"  # likewise, besides `suspicious`: of those that went back
CORRECTED = "corrected"  # a fact of `label`: dataset -> how many of its images came back
RELEASED = "released"  # likewise: how many were given up, and are free to be sent again


@dataclass(frozen=True)
class Back:
    """What a round's batch takes back, ahead of what it mines."""

    listed: Listed | None = None
    suspicious: int = 0  # at most
    new_classes: int = 0  # at most, of all classes of `before` together
    before: Mapping[str, str] | None = None  # class -> the newest `training` that lacked it

    def settings(self, room: int | None) -> dict[str, JsonValue]:
        """What the recipe of a `mine` stage says of it."""
        known: dict[str, JsonValue] = {ROOM: room}
        if self.listed:
            known[INPUT] = list(self.listed.files)
        if self.suspicious:
            known[SUSPICIOUS] = self.suspicious
        if self.before:
            known[NEW_CLASSES] = {"most": self.new_classes, "before": {**self.before}}
        return known

    @property
    def digests(self) -> dict[str, str]:
        """Its inputs that are no stages."""
        return {INPUT: self.listed.digest} if self.listed else {}

    def inputs(self, place: RoundOf) -> tuple[str, ...]:
        """The stages that it is found with, besides those that every batch is."""
        predict = (place.stage("predict"),) if self.suspicious else ()
        return (*predict, *(self.before or {}).values())

    def is_worth_trying(self, mine: Version | None) -> bool:
        """Whether there may be something that needs no pool, and that `mine` has not looked for."""
        asked = self.settings(None).get(NEW_CLASSES)
        inputs, settings = (mine.recipe.inputs, mine.recipe.settings) if mine else ({}, {})
        is_new = self.listed is not None and inputs.get(INPUT) != self.listed.digest
        return is_new or (asked is not None and settings.get(NEW_CLASSES) != asked)


def going_back(
    project: ProjectSpec, number: int, listed: Listed | None, observed: Snapshot
) -> Back | None:
    """What the batch of a round takes back; None where that is nothing."""
    asked = project.relabel
    before = _labelled_before(project, number, observed) if asked.new_classes else {}
    waits = waiting(project.name, number, listed, observed)
    if not (waits or asked.suspicious or before):
        return None
    return Back(waits, asked.suspicious, asked.new_classes, before)


def waiting(project: str, number: int, listed: Listed | None, observed: Snapshot) -> Listed | None:
    """What a round's batch takes of the lists; None once an earlier one was answered in full."""
    if listed is None or not listed.images:
        return None
    for place in (RoundOf(project, n) for n in range(1, number)):
        mine, label = (observed.get(place.stage(kind)) for kind in ("mine", "label"))
        is_this = mine is not None and mine.recipe.inputs.get(INPUT) == listed.digest
        if mine and label and is_this and not count(mine, LEFT) and not count(label, RELEASED):
            return None
    return listed


def with_corrections(stage: Stage, answers: Mapping[str, str], observed: Snapshot) -> Stage:
    """A dataset's stage, with the `answers` that correct it.

    These are recorded and never change: they count by their digests, as a source does, because what
    they were made from includes the dataset itself. A dataset whose source nobody can look at is
    corrected as it is recorded.
    """
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


def corrections(observed: Snapshot) -> Mapping[str, Mapping[str, str]]:
    """Dataset -> the `label` stages with answers for it, as they are applied, and their digests."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, version in observed.items():
        corrected = version.facts.get(CORRECTED) if name.endswith("/label") else None
        for dataset in corrected if isinstance(corrected, dict) else ():
            found[dataset][name] = version.digest
    return {each: {n: answers[n] for n in in_order(answers)} for each, answers in found.items()}


def is_answer(name: str) -> bool:
    """True of an input of a dataset that is what people answered in a round."""
    return RoundOf.of(name) is not None


def in_order(answers: Mapping[str, str]) -> list[str]:
    """Answers as they are applied: of a project's rounds, the last one wins."""
    places = {name: RoundOf.of(name) for name in answers}
    return sorted(answers, key=lambda n: (p.project, p.number) if (p := places[n]) else (n, 0))


def said_of(
    project: ProjectSpec,
    last: int,
    decision: Decision | None,
    observed: Snapshot,
    listed: Listed | None,
) -> str | None:
    """What happens next to the images that go back, in one line; None when nothing does."""
    if with_people := _with_people(RoundOf(project.name, last), observed):
        return with_people
    has_batch = RoundOf(project.name, last).stage("mine") in observed
    number = last + 1 if has_batch else last
    back = going_back(project, number, listed, observed)
    if back is None:
        return None
    if decision and decision.stops:
        return _stays(back)
    earlier = (observed.get(RoundOf(project.name, n).stage("mine")) for n in range(1, number))
    is_known = not any(mine and INPUT in mine.recipe.inputs for mine in earlier)
    said = list(_parts(back, is_known=is_known))
    is_one = len(said) == 1 and back.listed is not None and back.listed.images == 1
    go = "goes" if is_one else "go"
    return f"{_enumerated(said)} {go} back with the batch of round {number}"


def _stays(back: Back) -> str | None:
    """What becomes of listed images once the loop has stopped; which others, nobody knows."""
    if back.listed is None:
        return None
    is_ = "is" if back.listed.images == 1 else "are"
    return f"{_listed(back.listed)} {is_} not sent back: the loop has stopped"


def _parts(back: Back, *, is_known: bool) -> Iterator[str]:
    if back.listed:
        yield f"{'' if is_known else 'up to '}{_listed(back.listed)}"
    if back.suspicious:
        yield f"up to {_images(back.suspicious)} with suspicious labels"
    if back.before:
        yield f"up to {_images(back.new_classes)} that may show {quoted(sorted(back.before))}"


def _enumerated(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _listed(listed: Listed) -> str:
    return f"{_images(listed.images)} of {quoted(listed.files)}"


def _with_people(place: RoundOf, observed: Snapshot) -> str | None:
    """What a batch that is out takes back, and which datasets that will make anew."""
    mine = observed.get(place.stage("mine"))
    if mine is None or place.stage("label") in observed or not count(mine, SENT):
        return None
    corrects = mine.facts.get(CORRECTED)
    named = quoted(sorted(corrects)) if isinstance(corrects, dict) and corrects else ""
    then = f"; then {named} will have a new version" if named else ""
    kinds = {SUSPICIOUS: "with suspicious labels", NEW_CLASS: "that may show a new class"}
    of_them = [f"{n} {said}" for fact, said in kinds.items() if (n := count(mine, fact))]
    some = f", {_enumerated(of_them)}" if of_them else ""
    return f"the batch of round {place.number} takes back {_images(count(mine, SENT))}{some}{then}"


def _labelled_before(project: ProjectSpec, number: int, observed: Snapshot) -> dict[str, str]:
    """The classes of a round that were added after an earlier one, and that its model has seen.

    Each with the newest `training` that lacked it: who labelled those images was not asked for it.
    """
    training = observed.get(RoundOf(project.name, number).stage("training"))
    seen = training.facts.get("per_class") if training else None
    if training is None or not isinstance(seen, dict):
        return {}
    earlier = [RoundOf(project.name, n).stage("training") for n in range(1, number)]
    known = {name: _labels(observed[name]) for name in earlier if name in observed}
    lacking = {
        label: [name for name, labels in known.items() if labels and label not in labels]
        for label in _labels(training)
        if number_in(seen, label)
    }
    return {label: names[-1] for label, names in lacking.items() if names}


def _labels(training: Version) -> list[str]:
    labels = training.recipe.settings.get("labels")
    return [str(each) for each in labels] if isinstance(labels, list) else []


def _images(number: int) -> str:
    return f"{number} image{'s' * (number != 1)}"
