"""All that people, data and machines do, as rules; how a run goes is for the machines to say."""

from __future__ import annotations

from abc import abstractmethod

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.laws.laws import Laws
from tests.laws.life import REJECTED, SKIPPED, Life, drawn
from tests.laws.wishes import CHOICES, DERIVED, IMPORTED, WORDS, Wishes
from ymir.keeping.unwanted import unwanted
from ymir.plan.plan import plan
from ymir.plan.planner import Prune
from ymir.plan.stage import RoundOf

EDIT = st.sampled_from(sorted(CHOICES)).flatmap(
    lambda place: st.tuples(st.just(place), st.sampled_from(CHOICES[place]))
)
_MOSTLY = {  # what most stories begin with: long ones, in which people have batches
    "labels": (["cat", "dog"], ["cat"]),
    "goal.map": (0.99, 0.99, 0.6),
    "goal.rounds": (3, 6),
    "goal.labels": (None, 5, 12),
    "label.use": ("folder", "existing"),
    "label.waits": ({}, {"deadline": "1h", "on_partial": "proceed"}),
    "gates.leakage": ("exclude", "block"),
    "gates.package": ("ignore", "block"),
    "mine.topk": (3, 100),
    "train.executor": ("tiny", "big"),
    "goal.gpu_hours": (None, None, 0.5, 1.25),
    "goal.plateau": (None, None, {"rounds": 1, "gain": 0.05}),
    "data.training": (["base"], ["base"], ["mixed"], ["base@v1"]),
    "data.testing": (["test"], ["test"], ["test@v1"]),
}
FIRST = st.fixed_dictionaries({place: st.sampled_from(few) for place, few in _MOSTLY.items()})
OTHERS = ("p", "p", "tiny", "big", "workspace")  # besides datasets, that may be suspended
ANSWER = st.sampled_from([["cat"], ["dog"], [], SKIPPED, REJECTED])
THEN = st.sampled_from(["nothing", "run", "all", "all", "half"])  # what follows something
MANY = st.integers(0, 10_000)  # which of some things, counted around


class Histories(RuleBasedStateMachine):
    """One life, edited and run in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.laws = Laws(self.life)
        self.wishes = Wishes()
        self.aside: dict[str, dict] = {}  # project -> the rounds that a rollback set aside

    @abstractmethod
    def apply(self) -> None:
        """Run what is missing."""

    def _hold(self) -> None:
        self.laws.hold(self.wishes.specs())

    @initialize(first=FIRST, edits=st.lists(EDIT, max_size=2))
    def begin(self, first: dict, edits: list) -> None:
        self.wishes.begin("p")
        for place, value in (*first.items(), *edits):
            self.wishes.edit("p", place, value)

    @rule(then=THEN)
    def run(self, then: str) -> None:
        self._go_on(then)

    def _go_on(self, how: str) -> None:
        """Somebody runs it; people have done all that they were sent before, or half of it."""
        self._hold()
        if how == "nothing":
            return
        for project in sorted(self.wishes.projects) if how in ("all", "half") else ():
            batch = None if self.life.is_down else self.life.out(project)
            if batch is None:
                continue
            some = batch.images if how == "all" else batch.images[: len(batch.images) // 2 or 1]
            for number, image in enumerate(some):
                batch.answers.setdefault(image, SKIPPED if number == 2 else ["cat"])
            self.life.closed |= {batch.stage.replace("/send", "/label")}
        self.apply()
        self.life.closed = set()
        self._hold()

    @rule(edit=EDIT, which=MANY, then=THEN)
    @precondition(lambda self: self.wishes.projects)
    def edit_a_project(self, edit: tuple, which: int, then: str) -> None:
        self.wishes.edit(_one(self.wishes.projects, which), *edit)
        self._go_on(then)

    @rule(labels=st.sampled_from(CHOICES["labels"]), which=MANY, then=THEN)
    @precondition(lambda self: self.wishes.projects)
    def edit_the_classes(self, labels: list, which: int, then: str) -> None:
        self.wishes.edit(_one(self.wishes.projects, which), "labels", labels)
        self._go_on(then)

    @rule(name=st.sampled_from(["p", "q", "r"]), to=st.sampled_from(["p", "q", "r"]))
    def add_remove_or_rename_a_project(self, name: str, to: str) -> None:
        there = self.wishes.projects
        if name not in there:
            self.wishes.begin(name)
        elif to not in there:
            self.wishes.rename(name, to)
        elif to == name:
            del there[name]
        self._hold()

    @rule(words=st.sampled_from(range(len(WORDS))))
    def edit_the_vocabulary(self, words: int) -> None:
        self.wishes.words = words
        self._hold()

    @rule(name=st.sampled_from([*IMPORTED, *DERIVED, *OTHERS]), then=THEN)
    def suspend_or_resume(self, name: str, then: str) -> None:
        if project := self.wishes.projects.get(name):
            project["suspend"] = not project["suspend"]
        self.wishes.suspended ^= {name}
        self._go_on(then)

    @rule(name=st.sampled_from([*IMPORTED, *DERIVED]))
    def drop_or_restore_a_dataset(self, name: str) -> None:
        self.wishes.dropped ^= {name}
        self._hold()

    @rule(
        name=st.sampled_from([*IMPORTED, "pool", "test"]),
        how=st.sampled_from(["add", "add", "remove", "relabel", "gone", "unread", "back"]),
        which=MANY,
        then=THEN,
    )
    def change_a_folder(self, name: str, how: str, which: int, then: str) -> None:
        table = self.life.folders[name]
        match how:
            case "add" if table is not None:
                table[f"{name}-new-{which % 5}"] = ["cat"]
            case "remove" if table:
                table.pop(_one(table, which))
            case "relabel" if table:
                table[_one(table, which)] = [["dog"], ["bird"], []][which % 3]
            case "gone":
                self.life.folders[name] = None
            case "unread":
                self.life.unread ^= {name}
            case "back":
                self.life.folders[name] = drawn(name)
        self._go_on(then)

    @rule(
        a=st.sampled_from(["pool", "base"]),
        to=st.sampled_from(["test", "val", "base", "extra", "pool2"]),
        which=MANY,
        is_moved=st.booleans(),
        then=THEN,
    )
    def bring_an_image_elsewhere(
        self, a: str, to: str, which: int, is_moved: bool, then: str
    ) -> None:
        mine, theirs = self.life.folders[a], self.life.folders[to]
        if mine and theirs is not None and a != to:
            image = _one(mine, which)
            theirs[image] = mine[image]
            if is_moved:
                del mine[image]
        self._go_on(then)

    @rule(
        which=MANY,
        share=st.sampled_from([0.0, 0.5, 1.0]),
        what=ANSWER,
        then=THEN,
    )
    @precondition(lambda self: self.life.tool)
    def people_answer(self, which: int, share: float, what: object, then: str) -> None:
        batch = self.life.tool[_one(self.life.tool, which)]
        for image in batch.images[: round(share * len(batch.images))] or batch.images[:1]:
            batch.answers[image] = what
        self._go_on(then)

    @rule(which=MANY, is_stray=st.booleans())
    @precondition(lambda self: self.life.tool)
    def somebody_answers_wrongly_or_takes_that_back(self, which: int, is_stray: bool) -> None:
        self.life.tool[_one(self.life.tool, which)].strays = ["strange"] if is_stray else []

    @rule(
        which=MANY,
        images=st.sampled_from(["val-0", "base-1", "pool-2", "test-1", "nowhere"]),
        then=THEN,
    )
    @precondition(lambda self: self.wishes.projects)
    def list_images_to_be_labelled_again(self, which: int, images: str, then: str) -> None:
        name = _one(self.wishes.projects, which)
        before = self.life.listed.get(name, ())
        if images in before or images == "nowhere":
            self.life.listed.pop(name, None)
        else:
            self.life.listed[name] = (*before, images)
        self._go_on(then)

    @rule(hours=st.sampled_from([0.1, 2.0, -1.0]), then=THEN)
    def time_passes(self, hours: float, then: str) -> None:
        self.life.now += hours * 3600
        self._go_on(then)

    @rule(which=MANY)
    @precondition(lambda self: self.life.tool)
    def somebody_looks_at_a_batch(self, which: int) -> None:
        key = _one(self.life.tool, which)
        batch = self.life.tool[key]
        sent = self.life.versions.get(batch.stage)
        if sent and sent.facts["key"] == key:
            self.life.looked(batch.stage, key)
        self._hold()

    @rule(which=MANY)
    def pull_answers_that_changed(self, which: int) -> None:
        taken = [
            label
            for place, label in self.life.stages("label")
            if "where" in self.life.versions[place.stage("send")].facts
        ]
        if taken:
            label = _one(taken, which)
            sent = self.life.versions[label.replace("/label", "/send")]
            self.life.pulled = {label: self.life.tool[str(sent.facts["key"])].digest}
            self.apply()
            self.life.pulled = {}
        self._hold()

    @rule(which=MANY)
    @precondition(lambda self: self.wishes.projects)
    def close_a_batch(self, which: int) -> None:
        name = _one(self.wishes.projects, which)
        batch = self.life.out(name)
        if batch and not self.life.is_down:
            self.life.closed = {batch.stage.replace("/send", "/label")}
            self.apply()
            self.life.closed = set()
        self._hold()

    @rule(program=st.sampled_from(["e1", "e2", "e3"]), name=st.sampled_from(["tiny", "big"]))
    def replace_a_program(self, program: str, name: str) -> None:
        self.life.programs[name] = program
        self._hold()

    @rule(program=st.sampled_from(["e1", "e2", "e3"]), is_sloppy=st.booleans(), then=THEN)
    def a_program_breaks_or_is_mended(self, program: str, is_sloppy: bool, then: str) -> None:
        if is_sloppy:
            self.life.sloppy ^= {program}
        else:
            self.life.broken ^= {program}
        self._go_on(then)

    @rule()
    def the_label_tool_goes_down_or_comes_back(self) -> None:
        self.life.is_down = not self.life.is_down

    @rule()
    def retry(self) -> None:
        self.life.failures.clear()
        self._hold()

    @rule(evaluator=st.sampled_from(["judge 1", "judge 2"]), then=THEN)
    def another_judge(self, evaluator: str, then: str) -> None:
        self.life.evaluator = evaluator
        self._go_on(then)

    @rule(which=MANY)
    @precondition(lambda self: self.wishes.projects)
    def restart(self, which: int) -> None:
        """As `ymir apply --restart`, which refuses what is protected."""
        name = _one(self.wishes.projects, which)
        if self.wishes.projects[name]["protect"]:
            return
        now = plan(self.wishes.specs(), self.life.versions, self.life.look())
        reached = max((self.laws.generation(each) for each in self._rounds(name)), default=0)
        assert not now.retraining, "nobody has asked for it yet"
        self.life.restarts = {name: reached + 1}
        self.apply()
        self.life.restarts = {}
        self._hold()

    @rule(which=MANY, to=st.integers(1, 3), is_back=st.booleans())
    @precondition(lambda self: self.wishes.projects)
    def roll_back_or_come_back(self, which: int, to: int, is_back: bool) -> None:
        name = _one(self.wishes.projects, which)
        if is_back and name in self.aside:
            back = self.aside.pop(name)
            if not any(each in self.life.versions for each in back):
                self._put_back(back)
        elif not is_back:
            self.aside[name] = {
                each: version
                for each, version in self.life.versions.items()
                if (place := RoundOf.of(each)) and place.project == name and place.number > to
            }
            for each in self.aside[name]:
                del self.life.versions[each]
                self.laws.seals.pop(each, None)
        self._hold()

    def _put_back(self, back: dict) -> None:
        self.life.versions.update(back)
        kinds = {"training", "train", "package", "prove", "mine", "send", "label"}
        sealed = {n: v for n, v in back.items() if n.rpartition("/")[2] in kinds}
        self.laws.seals.update(sealed)

    @rule()
    def prune(self) -> None:
        """What goes is needed by nobody: the plan is the same without it."""
        specs, seen = self.wishes.specs(), self.life.look()
        before = plan(specs, self.life.versions, seen)
        found = unwanted(before, self.life.versions, protected=(), projects=(), versions=False)
        going = {*found.versions, *(name.partition("@")[0] for name in found.versions)}
        wanted = {s.stage.name for s in before.steps if not isinstance(s, Prune)}
        for name in going - wanted:
            self.life.versions.pop(name, None)
        after = plan(specs, self.life.versions, seen)
        said = [[s for s in p.steps if not isinstance(s, Prune)] for p in (before, after)]
        assert said[0] == said[1], "pruning changes what is planned"
        self._hold()

    def _rounds(self, project: str) -> set[RoundOf]:
        places = (RoundOf.of(each) for each in self.life.versions)
        return {place for place in places if place and place.project == project}

    def teardown(self) -> None:
        """In the end people do their work, tools and programs too: then all comes to rest."""
        if not self.wishes.projects and not self.life.versions:
            return
        self.life.is_down = False
        self.life.broken.clear()
        self.life.sloppy.clear()
        self.life.failures.clear()
        for _ in range(12):
            before = len(self.life.diary)
            for batch in self.life.tool.values():
                batch.strays = []
                for image in batch.images:
                    batch.answers.setdefault(image, ["cat"])
            self.apply()
            self._hold()
            if len(self.life.diary) == before:
                break
        else:
            raise AssertionError(f"no rest: {self.life.diary[-20:]}")


def _one(among, which: int):
    each = sorted(among)
    return each[which % len(each)]
