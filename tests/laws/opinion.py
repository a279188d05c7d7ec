"""A second opinion: when a loop stops, and what is as it should be, told from records alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tests.laws.life import Life
from ymir.plan.due import moment
from ymir.plan.plan import Plan
from ymir.plan.planner import Keep, Park, Prune, Run, Wait
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Facts, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.plan.world import UNREAD
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import dataset_of
from ymir.spec.project import Goal, ProjectSpec

_ASKED_OF_NOBODY = {"pool empty", "no labels"}  # reasons that are no part of the goal


def is_met(goal: Goal, judged: Facts) -> bool:
    """Whether a round has reached all that a goal names."""
    end = "_low" if goal.counts == "lower_bound" else ""
    classes = judged[f"per_class{end}"]
    overall = goal.map is None or judged[f"map{end}"] >= goal.map
    return overall and all(classes.get(k, 0.0) >= v for k, v in goal.per_class.items())


def ends(goal: Goal, project: str, rounds: Sequence[int], life: Life) -> set[str]:
    """All that is spent or in vain after the last of these rounds."""
    found, last = set(), rounds[-1]
    judged = [life.versions[RoundOf(project, n).stage("judge")].facts for n in rounds]
    generations = [_generation(RoundOf(project, n), life) for n in range(1, last + 1)]
    if generations.count(generations[-1]) >= goal.rounds:
        found.add("rounds")
    if goal.labels is not None and _labelled(project, last, life) >= goal.labels:
        found.add("label budget")
    if goal.gpu_hours is not None and _gpu_hours(project, last, life) >= goal.gpu_hours:
        found.add("gpu budget")
    if goal.plateau:
        gains = [now["map"] - before["map"] for before, now in pairwise(judged)]
        newest = gains[-goal.plateau.rounds :]
        if len(newest) == goal.plateau.rounds and max(newest) < goal.plateau.gain:
            found.add("plateau")
    return found


def _generation(place: RoundOf, life: Life) -> object:
    return life.versions[place.stage("training")].recipe.settings["generation"]


def _labelled(project: str, before: int, life: Life) -> int:
    """How many images people had labelled when a round was trained."""
    rounds = life.stages("label", project)
    return sum(life.versions[n].facts["labelled"] for at, n in rounds if at.number < before)


def _gpu_hours(project: str, last: int, life: Life) -> float:
    """What was spent when a round was judged."""
    spent = 0.0
    for name, version in life.versions.items():
        place = RoundOf.of(name)
        if place and place.project == project:
            is_own = place.number == last and version.recipe.kind in ("train", "predict")
            if place.number < last or is_own:
                spent += version.facts.get("gpu_seconds", 0.0)
    return spent / 3600


def decided(each: Unrolled, now: Plan, life: Life) -> None:
    """A project stops when its goal says so, for that reason; then no round is begun."""
    project, decision = each.project, each.decision
    if decision is None:
        return
    rounds = [figures.round for figures in each.figures]
    judged = life.versions[RoundOf(project.name, rounds[-1]).stage("judge")]
    why = {"goal met"} if is_met(project.goal, judged.facts) else set()
    why = why or ends(project.goal, project.name, rounds, life)
    allowed = why | (_ASKED_OF_NOBODY if why != {"goal met"} else set())
    said = f"{project.name}: {decision.reason}; the records say {why}"
    assert decision.reason in (allowed if why else {"continue", *_ASKED_OF_NOBODY}), said
    assert decision.goal_met == (why == {"goal met"}), said
    if decision.reason == "pool empty":
        assert not (left := _came_later(project, rounds[-1], life)), f"{said}; {left} came since"
    for step in now.steps if decision.stops else ():
        place = None if isinstance(step, Prune) else step.stage.round
        if place and place.project == project.name and place.number > rounds[-1]:
            is_known = step.stage.name in life.versions
            assert is_known or not isinstance(step, Run | Park | Wait), f"{said}; {step.stage.name}"


def _came_later(project: ProjectSpec, last: int, life: Life) -> set[str]:
    """The images of today's pool that no mining has seen, and that may be mined."""
    mines = [RoundOf(project.name, n).stage("mine") for n in (last, last - 1)]
    newest = next(life.versions[name] for name in mines if name in life.versions)
    data, inputs = project.data, newest.recipe.inputs
    known = {i for k, d in inputs.items() if "/" not in k for i in _table(life, d)}
    known |= {*life.table(RoundOf(project.name, last).stage("training"))}
    held = {i for n in (*data.testing, *data.validation) for i in life.table(n)}
    return {i for n in data.mining for i in life.table(n)} - known - held


def _table(life: Life, digest: str) -> Mapping[str, list[str]]:
    table = life.contents.get(digest, {}).get("table", {})
    assert isinstance(table, dict)
    return table


def kept(now: Plan, specs: Catalogue, life: Life) -> None:
    """What a plan keeps is as it should be: made of what there is now."""
    for step in now.steps:
        if isinstance(step, Keep) and (version := life.versions.get(step.stage.name)):
            lacks = list(_lacks(step.stage, version, specs, life))
            assert not lacks, f"{step.stage.name} is kept: {lacks[0]}"


def waits(now: Plan, life: Life) -> None:
    """Nobody is waited for whose time is up, where something has come that may be taken."""
    for step in now.steps:
        if not isinstance(step, Park) or step.stage.kind != "label":
            continue
        send, settings = step.stage.round.stage("send"), step.stage.settings
        sent, look = life.versions[send].facts, life.looks.get(send)
        if settings.get("on_partial") != "proceed" or look is None or look.key != sent["key"]:
            continue
        hours = float(str(settings["deadline"]).removesuffix("h"))
        is_late = life.now >= moment(sent["sent_at"]) + 3600 * hours
        assert not (is_late and look.balance.back), f"{step.stage.name} is waited for, and late"


def _lacks(stage: Stage, made: Version, specs: Catalogue, life: Life) -> Iterator[str]:
    inputs = made.recipe.inputs
    if stage.kind in ("predict", "judge"):
        data = specs.projects[stage.round.project].data
        names = (*data.testing, *data.validation)
        wanted = {life.versions[n].digest for n in names}
        has = {d for n, d in inputs.items() if "/" not in n and n != "executor"}
        if wanted != has:
            yield "it is scored on other images"
        of = stage.round.stage("train" if stage.kind == "predict" else "predict")
        if inputs[of] != life.versions[of].digest:
            yield "it is of another model"
        if stage.kind == "judge" and made.recipe.settings["evaluator"] != life.evaluator:
            yield "it is scored by another judge"
    if stage.kind == "dataset" and "@" not in stage.name:
        yield from _lacks_of_dataset(stage, inputs, specs, life)


def _lacks_of_dataset(
    stage: Stage, inputs: Mapping[str, str], specs: Catalogue, life: Life
) -> Iterator[str]:
    source = life.look().sources.get(stage.name)
    if source not in (None, UNREAD) and inputs.get("source") != source:
        yield "its files are others"
    for name in specs.datasets[stage.name].inputs:
        if inputs.get(name) != life.versions[name].digest:
            yield f"{name} is another"
    for _, label in life.stages("label"):
        is_for_it = stage.name in life.content(label)["corrected"]
        if is_for_it and inputs.get(label) != life.versions[label].digest:
            yield f"it lacks the answers of {label}"


def stopped(stage: Stage, specs: Catalogue) -> str | None:
    """The spec that says that a stage is not to be made."""
    project = specs.projects.get(stage.round.project if stage.round else stage.name.split("/")[0])
    dataset = specs.datasets.get(dataset_of(stage.name)) if "/" not in stage.name else None
    executor = specs.executors.get(str(stage.settings.get("executor")))
    asked = [project if "/" in stage.name else None, dataset, executor, specs.workspace]
    return next((repr(each)[:60] for each in asked if each and each.suspend), None)
