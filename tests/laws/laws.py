"""What must hold: when a stage is recorded, and of everything that exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.laws.life import Content, Life
from tests.laws.opinion import decided, is_met, kept, stopped, waits
from ymir.plan.history import count, labels_bought, number_in
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Suspend, Wait
from ymir.plan.relabel import ROOM, is_answer
from ymir.plan.snapshot import Recipe, Version, in_series
from ymir.plan.stage import RoundOf, Stage
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec

SEALED = ("training", "train", "package", "prove", "mine", "send", "label")
_BY_OLD_PROGRAMS = ("predict", "judge")  # kinds whose program stays the one that they had
_NOISE = 0.04 / 2**0.5 + 1e-9  # bands in a life are 0.04 wide
MOST = 400  # stages that one run may make; the longest needs a good hundred


@dataclass
class Laws:
    """Watches a life; what breaks a law is an assertion that names it."""

    life: Life
    seals: dict[str, Version] = field(default_factory=dict)  # of rounds, as they were recorded
    decided: dict[tuple, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)  # stage -> the recipe it was made by last

    def recording(self, specs: Catalogue, stage: Stage, recipe: Recipe, content: Content) -> None:
        """About to be recorded."""
        known = self.life.versions.get(stage.name)
        assert known is None or known.recipe != recipe, f"{stage.name} is made twice alike"
        by = stopped(stage, specs)
        assert by is None, f"{stage.name} is made, and suspended: {by}"
        self._is_of_its_inputs(stage, recipe)
        if stage.round is None or stage.kind == "report":
            return
        project = specs.projects[stage.round.project]
        known = [n for n in project.data.testing if n in self.life.versions]  # a pin may be of none
        testing = {i for n in known for i in self.life.table(n)}
        if stage.kind == "training":
            held = testing & {*content["table"]}
            assert not held, f"{stage.name} learns testing images {held}"
            self._begins(specs, stage, recipe)
        else:
            begun = self.life.versions[stage.round.stage("training")].recipe.settings
            assert stage.settings["labels"] == begun["labels"], f"{stage.name} has other classes"
        if stage.kind == "mine":
            mined = {*content["picked"]} - {*content["again"]}
            assert not testing & mined, f"{stage.name} picks testing images"
            self._is_fresh(stage, mined)
            self._is_all(project, stage, mined, {*content["again"]})
            self._is_paid(specs, stage, len(content["picked"]))
            self._is_let_through(project, stage)

    def _is_of_its_inputs(self, stage: Stage, recipe: Recipe) -> None:
        """Each input is what its name says now; a version that is pinned is that version."""
        now = in_series({name: self.life.versions[name].digest for name in stage.inputs})
        for name, wanted in now.items():
            assert recipe.inputs.get(name) == wanted, f"{stage.name} is made of another {name}"
        if executor := stage.settings.get("executor"):
            program = self.life.programs[str(executor)]
            assert stage.kind in _BY_OLD_PROGRAMS or recipe.inputs["executor"] == program

    def _begins(self, specs: Catalogue, stage: Stage, recipe: Recipe) -> None:
        """No round begins that the goal does not ask for; every label is learned from."""
        place, project = stage.round, specs.projects[stage.round.project]
        generation = number_in(recipe.settings, "generation")
        before = [
            n
            for n in range(1, place.number)
            if self.generation(RoundOf(place.project, n)) == generation
        ]
        assert len(before) < project.goal.rounds, f"{stage.name} is one round too many"
        for _, label in self.life.stages("label", place.project):
            if RoundOf.of(label).number < place.number:
                assert label in stage.inputs, f"{stage.name} does not learn from {label}"
        if not before:
            return
        judge = self.life.versions.get(RoundOf(place.project, before[-1]).stage("judge"))
        met = judge and is_met(project.goal, judge.facts)
        assert not met, f"{stage.name} begins, and the goal is met"
        begun = self.life.versions[RoundOf(place.project, before[-1]).stage("training")]
        gone = {*begun.recipe.settings["labels"]} - {*stage.settings["labels"]}
        assert not gone, f"{stage.name} begins without {gone}, and nobody asked for that"

    def generation(self, place: RoundOf) -> int:
        made = self.life.versions.get(place.stage("training"))
        return number_in(made.recipe.settings, "generation") if made else 0

    def _is_fresh(self, stage: Stage, mined: set[str]) -> None:
        """Nobody is asked twice for an image that was answered, unless it goes back."""
        for place, name in self.life.stages("label", stage.round.project):
            if place.number < stage.round.number:
                twice = mined & {*self.life.content(name)["answers"]}
                assert not twice, f"{stage.name} asks again for {twice} of {name}"

    def _is_all(self, project: ProjectSpec, stage: Stage, mined: set[str], again: set[str]) -> None:
        """A batch that is not full leaves nothing: what nobody answered for may be asked again."""
        room, most = stage.settings.get(ROOM), int(stage.settings["topk"])
        if len(mined) >= (most if room is None else min(most, room - len(again))):
            return
        held = {i for n in self._held_out(project) for i in self.life.table(n)}
        used = {*self.life.table(stage.round.stage("training"))} | again
        for place, name in self.life.stages("mine", stage.round.project):
            if place.number < stage.round.number:
                label = self.life.versions.get(place.stage("label"))
                free = {*self.life.contents[label.digest]["released"]} if label else set()
                used |= {*self.life.content(name)["picked"]} - free
        left = {i for n in project.data.mining for i in self.life.table(n)} - held - used - mined
        assert not left, f"{stage.name} leaves {left}"

    def _is_let_through(self, project: ProjectSpec, stage: Stage) -> None:
        """Nobody labels for a model that a gate holds back."""
        place, gates = stage.round, project.gates
        if stage.name in self.life.versions:
            return
        begun = self.life.versions[place.stage("training")].recipe.settings["gates"]
        if gates.package == begun["package"] == "block":
            assert place.stage("prove") in self.life.versions, f"{stage.name} is not proven"
        before, now = (
            self.life.versions.get(RoundOf(place.project, n).stage("judge"))
            for n in (place.number - 1, place.number)
        )
        is_one_series = self.generation(place) == self.generation(
            RoundOf(place.project, place.number - 1)
        )
        if gates.regression == "block" and before and now and is_one_series:
            names = {*map(dataset_of, project.data.testing)}
            sets = [{c for c in each.recipe.content if c[0] in names} for each in (before, now)]
            was, is_now = (each.facts["per_class"] for each in (before, now))
            falls = [k for k in was if k in is_now and was[k] - is_now[k] > _NOISE]
            assert sets[0] != sets[1] or not falls, f"{stage.name} follows a fall of {falls}"

    def _held_out(self, project: ProjectSpec) -> tuple[str, ...]:
        return (*project.data.testing, *project.data.validation)

    def _is_paid(self, specs: Catalogue, stage: Stage, picked: int) -> None:
        place, budget = stage.round, specs.projects[stage.round.project].goal.labels
        if budget is not None and picked:
            rounds = range(1, place.number)
            spent = sum(labels_bought(place.project, n, self.life.versions) for n in rounds)
            assert spent + picked <= budget, f"{stage.name}: {spent} + {picked} of {budget} labels"

    def recorded(self, stage: Stage) -> None:
        """Has just been recorded: sealed, unless its kind is made again."""
        made, before = self.life.versions[stage.name], self.seals.get(stage.name)
        if stage.round is None or stage.kind not in SEALED:
            return
        is_pulled = stage.kind == "label" and stage.name in self.life.pulled
        is_barren = before is not None and stage.kind == "mine" and not count(before, "picked")
        assert before is None or is_pulled or is_barren, f"{stage.name} was sealed"
        self.seals[stage.name] = made

    def hold(self, specs: Catalogue) -> Plan:
        """Whatever happened last, these hold."""
        seen, versions = self.life.look(), dict(self.life.versions)
        now = plan(specs, versions, seen)
        assert versions == self.life.versions, "planning changes what exists"
        assert now == plan(specs, versions, seen), "planning twice says two things"
        for name, sealed in self.seals.items():
            assert self.life.versions[name] == sealed, f"{name} is not what was sealed"
        self._balances()
        self._answers()
        self._said(now)
        kept(now, specs, self.life)
        waits(now, self.life)
        for each in now.projects:
            self._decisions(each)
            decided(each, now, self.life)
        return now

    def _balances(self) -> None:
        """Every image that was sent is answered, waited for, or given back; every one once."""
        for _, name in self.life.stages("label"):
            content = self.life.content(name)
            picked = self.life.content(name.replace("/label", "/mine"))["picked"]
            back, free = {*content["answers"]}, {*content["released"]}
            assert back | free == {*picked}, f"{name} does not add up"
            assert not back & free, f"{name} has images twice"

    def _answers(self) -> None:
        """No answer is lost: it is recorded, or still with the tool, whose batch is known."""
        for key, batch in self.life.tool.items():
            label = batch.stage.replace("/send", "/label")
            version = self.life.versions.get(label)
            sent = self.life.versions.get(batch.stage)
            if version is None or sent is None or sent.facts["key"] != key:
                continue
            taken = self.life.contents[version.digest]["answers"]
            look = self.life.looks.get(batch.stage)
            if taken != batch.answers and look and look.answers == batch.digest:
                assert look.changed, f"answers of {label} changed, and nobody says so"

    def _said(self, now: Plan) -> None:
        """A plan is whole: costs are no debts, what waits waits for something that is done."""
        done = {s.stage.name: s for s in now.steps if not isinstance(s, Prune)}
        for step in now.shown:
            cost = now.effect(step).cost
            for low, high in (r for r in (cost.gpu_hours, cost.hours) if r):
                assert 0 <= low <= high, f"{step.stage.name} costs {low} to {high}"
            assert (cost.labels or 0) >= 0, f"{step.stage.name} costs {cost.labels} labels"
            assert (cost.images or 0) >= 0, f"{step.stage.name} moves {cost.images} images"
            if isinstance(step, Run) and step.reason.code == "due":
                assert step.stage.settings["on_partial"] == "proceed", f"{step.stage.name} is due"
            if isinstance(step, Wait):
                for name in step.on:
                    assert not isinstance(done[name], Keep), f"{step.stage.name} waits for nothing"
        goal = {each.project.name: each.project.goal.labels for each in now.projects}
        for each in now.projects:
            if each.ahead and goal[each.project.name] is not None and each.ahead.is_most:
                left = goal[each.project.name] - each.bought
                assert each.ahead.images <= left, f"{each.ahead.images} ahead, {left} left"

    def _decisions(self, each) -> None:
        """The same goal and the same figures are decided alike, for ever."""
        if each.decision is None:
            return
        key = (each.project.goal.model_dump_json(), repr(each.figures))
        met = self.decided.setdefault(key, str(each.decision.goal_met))
        assert met == str(each.decision.goal_met), f"{each.project.name} is decided in two ways"


def follows(before: Plan, made: list[str], life: Life) -> None:
    """What a run made is what the plan said; besides rounds that come after, and corrections."""
    said: Mapping[str, object] = {
        step.stage.name: step for step in before.steps if not isinstance(step, Prune)
    }
    corrected = {
        name
        for name in made
        if name in life.versions and any(map(is_answer, life.versions[name].recipe.inputs))
    }
    for name in made:
        step = said.get(name)
        if step is None or isinstance(step, Run | Park | Wait):
            continue
        place = RoundOf.of(name)
        is_after = bool(corrected) and (place is None or place.number)
        assert is_after or _was_pinned(step, made), f"{name} is made; planned: {step}"


def _was_pinned(step: object, made: list[str]) -> bool:
    """It was stopped for want of something that this run has made."""
    return isinstance(step, Block | Suspend | Keep) and any(
        name in made for name in step.stage.inputs
    )
