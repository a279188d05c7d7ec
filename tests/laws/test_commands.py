"""Real workspaces, driven by typed commands through any history; real stages, git and DVC."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.laws.files import Files
from tests.laws.pace import pace
from tests.loop.test_people import annotate
from tests.workspaces import COLOURS, Workspace, applied, copied, edit, write_image

LABEL = {"use": "folder"}
GOAL = {"map": 0.99, "rounds": 3, "labels": 20}
MANY = st.integers(0, 10_000)
EDITS: tuple[Mapping[str, object], ...] = (
    {"goal": {"map": 0.2, "rounds": 3}},
    {"goal": {"map": 0.99, "rounds": 2}},
    {"goal": {"map": 0.99, "rounds": 4, "labels": 14}},
    {"goal": {"map": 0.99, "rounds": 3, "gpu_hours": 0.5}},
    {"mine": {"use": "random", "topk": 4, "near": None}},
    {"mine": {"use": "random", "topk": 100, "near": None}},
    {"mine": {"use": "entropy", "topk": 100, "control": 0.25}},
    {"label": {"use": "folder", "review": 0.3}},
    {"label": {"use": "folder", "deadline": "1s", "on_partial": "proceed"}},
    {"label": {"use": "folder", "deadline": "1s", "on_partial": "fail"}},
    {"label": {"use": "existing"}},
    {"train": {"executor": "blocks", "start_from": "previous"}},
    {"gates": {"package": "ignore", "leakage": "exclude", "near": {"then": "exclude"}}},
    {"gates": {"package": "ignore", "leakage": "exclude"}},
    {"gates": {"package": "ignore", "leakage": "block"}},
)
QUIET = (0, 3, 4)  # exit codes of a run after which there is nothing to be done but by people


@cache
def template() -> Workspace:
    """One whose first batch lies with people; every history begins with a copy of it."""
    return applied(Path(tempfile.mkdtemp(prefix="ymir-laws-")) / "pets", label=LABEL, goal=GOAL)


class Typed(RuleBasedStateMachine):
    """What people type and edit, and what must hold of the files that are left."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ymir-laws-"))
        self.parts: dict[str, object] = {"label": LABEL, "goal": GOAL}
        self.sealed: dict[str, dict] = {}
        self.steps: list[str] = []
        self.most = GOAL["labels"]  # labels that a goal has ever asked for

    @initialize()
    def begin(self) -> None:
        self.workspace = copied(template(), self.folder / "pets")
        self.root = self.workspace.root

    @rule(part=st.sampled_from(EDITS), then=st.booleans())
    def edit_the_project(self, part: dict, then: bool) -> None:
        self.parts |= part
        goal = self.parts["goal"]
        self.most = max(self.most, goal.get("labels", 100))
        self.workspace.spec(**self.parts)
        if then:
            self.apply()

    @rule()
    def apply(self) -> None:
        code = self._type("apply")
        if code in QUIET:
            records, commit = self._pointers(), self._head()
            assert self._type("apply") == code, "the second apply ends otherwise"
            assert self._pointers() == records, "the second apply records something"
            assert self._head() == commit, "the second apply commits something"
        self._hold()

    @rule(at=st.integers(1, 900), do=st.sampled_from(["kill", "terminate", "no-space"]))
    def apply_is_disturbed(self, at: int, do: str) -> None:
        done = self.workspace.disturbed("apply", at=at, do=do)
        assert "Traceback" not in done.stderr, done.stderr[-3000:]
        self._type("apply", "--retry")
        self._hold()

    @rule(share=st.sampled_from([0.3, 1.0]), is_empty=st.booleans(), then=st.booleans())
    def people_answer(self, share: float, is_empty: bool, then: bool) -> None:
        for batch in sorted((self.root / "labels").glob("*-r*")):
            images = sorted((batch / "images").glob("*.png"))
            for image in images[: max(1, round(share * len(images)))]:
                into = batch / "annotations"
                if is_empty:
                    size = "<size><width>64</width><height>64</height><depth>3</depth></size>"
                    (into / f"{image.stem}.xml").write_text(f"<annotation>{size}</annotation>")
                else:
                    annotate(image, into)
        if then:
            self.apply()

    @rule()
    def somebody_answers_wrongly(self) -> None:
        for batch in sorted((self.root / "labels").glob("*-r*"))[-1:]:
            broken = batch / "annotations" / "strange.xml"
            broken.write_text("<annotation/>")
            self._type("apply")
            broken.unlink(missing_ok=True)
        self._hold()

    @rule(to=st.sampled_from(["test", "test", "val", "base"]), which=MANY, then=st.booleans())
    def an_image_that_people_have_comes_elsewhere(self, to: str, which: int, then: bool) -> None:
        images = sorted((self.root / "labels").glob("*-r*/images/*.png"))
        if images:
            image = images[which % len(images)]
            shutil.copy(image, self.root / "raw" / to / "JPEGImages" / f"people-{which}.png")
            annotate(image, self.folder)
            notes = self.root / "raw" / to / "Annotations" / f"people-{which}.xml"
            shutil.copy(self.folder / f"{image.stem}.xml", notes)
        if then:
            self.apply()

    @rule(
        a=st.sampled_from(["pool", "base"]),
        to=st.sampled_from(["test", "val", "base", "nowhere", "another name"]),
        which=MANY,
        is_moved=st.booleans(),
    )
    def move_an_image(self, a: str, to: str, which: int, is_moved: bool) -> None:
        images = sorted((self.root / "raw" / a / "JPEGImages").iterdir())
        if len(images) < 4 or a == to:
            return
        image = images[which % len(images)]
        notes = self.root / "raw" / a / "Annotations" / f"{image.stem}.xml"
        if to != "nowhere":
            home = self.root / "raw" / (a if to == "another name" else to)
            stem = f"again-{which}" if to == "another name" else image.stem
            shutil.copy(image, home / "JPEGImages" / f"{stem}.png")
            if notes.exists():
                shutil.copy(notes, home / "Annotations" / f"{stem}.xml")
        if is_moved or to in ("nowhere", "another name"):
            image.unlink()
            notes.unlink(missing_ok=True)

    @rule(to=st.sampled_from(["pool", "base", "test"]), which=st.integers(0, 30))
    def a_new_image_comes(self, to: str, which: int) -> None:
        placed = [(which % 16, COLOURS[which % 24])]
        write_image(self.root / "raw" / to, f"new-{to}-{which}", placed)

    @rule(to=st.integers(1, 3))
    def roll_back(self, to: int) -> None:
        if self._type("rollback", "pets", "--to", str(to), "--yes") == 0:
            for name in [n for n in self.sealed if n not in self._rounds()]:
                del self.sealed[name]
            for n, record in self._rounds().items():
                self.sealed[n] = record
        for batch in sorted((self.root / "labels").glob("*-r*")):
            if f"{int(batch.name.rpartition('r')[2])}.dvc" not in self._rounds():
                shutil.move(batch, self.folder / f"{batch.name}-{len(self.steps)}")
        self._hold()

    @rule(
        words=st.sampled_from(
            [("gc", "--yes", "--grace", "0"), ("prune", "--versions", "--yes", "--most")]
        )
    )
    def tidy_up(self, words: tuple[str, ...]) -> None:
        assert self._type(*words) in (0, 1)
        self._hold()

    @rule(does=st.sampled_from(["pull", "cancel"]), number=st.integers(1, 2))
    def look_after_a_batch(self, does: str, number: int) -> None:
        self._type("labels", does, f"pets-r{number}", pulled=number)
        self._hold()

    @rule(what=st.sampled_from(["specs", "files", "data"]))
    def approve_then_edit_then_apply(self, what: str) -> None:
        """An approval holds for what was looked at; nothing else is made under it."""
        if self._type("plan", "-o", ".git/plan.json") not in (0, 2, 3, 4):
            return
        before, pool = self._pointers(), self.root / "raw" / "pool"
        match what:
            case "specs":
                edit(self.workspace, "classes: [cat,", "classes: [cat ,")
            case "files":
                write_image(pool, "unseen", [(len(self.steps) % 16, COLOURS[0])])
            case "data":
                write_image(pool, f"more-{len(self.steps)}", [(len(self.steps) % 16, COLOURS[1])])
                self._type("apply")
                if before == self._pointers():
                    return
                before = self._pointers()
        assert self._type("apply", ".git/plan.json") == 6, f"other {what} were applied"
        assert self._pointers() == before
        if what == "specs":
            edit(self.workspace, "classes: [cat ,", "classes: [cat,")

    def _type(self, *words: str, pulled: int = 0) -> int:
        done = self.workspace.ymir(*words)
        self.steps.append(f"{' '.join(words)} -> {done.returncode}")
        assert "Traceback" not in done.stderr, done.stderr[-3000:]
        assert done.returncode in range(7), (words, done.stdout, done.stderr)
        if pulled:
            self.sealed.pop(f"{pulled}.dvc", None)
        return done.returncode

    def _hold(self) -> None:
        files, rounds = Files(self.root), self._rounds()
        files.hold(rounds)
        most = files.bought(rounds)
        assert most <= self.most, f"{most} labels, at most {self.most} were asked for"
        for name, stages in self.sealed.items():
            for kind in ("training", "train", "package", "mine", "send", "label"):
                if kind in stages and not (kind == "mine" and not stages[kind]["facts"]["picked"]):
                    assert rounds[name].get(kind) == stages[kind], f"{name}: {kind} was sealed"
        self.sealed = rounds

    def _rounds(self) -> dict[str, dict]:
        """What the record of each round says of its stages."""
        found = {}
        for pointer in sorted((self.root / "data/rounds/pets").glob("*.dvc")):
            found[pointer.name] = yaml.safe_load(pointer.read_text())["meta"]["ymir"]["stages"]
        return found

    @property
    def reached(self) -> int:
        """The newest round."""
        return len(self._rounds())

    def _pointers(self) -> dict[str, str]:
        files = sorted((self.root / "data").rglob("*.dvc"))
        return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}

    def _head(self) -> str:
        return self.workspace.run("git", "rev-parse", "HEAD")

    @precondition(lambda self: len(self.steps) > 3)
    @rule()
    def all_is_whole(self) -> None:
        assert self._type("fsck") == 0, "something is broken"

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


TestAnyHistory = Typed.TestCase
TestAnyHistory.settings = pace(examples=3, steps=6)


def test_an_ordinary_month() -> None:
    """A history that goes far; those above go anywhere."""
    month = Typed()
    try:
        month.begin()
        for part in (
            {"goal": {"map": 0.99, "rounds": 3}},
            {"mine": {"use": "random", "topk": 100, "near": None}},
            {"label": {"use": "folder", "deadline": "1s", "on_partial": "proceed"}},
            {"gates": {"package": "ignore", "leakage": "exclude"}},
        ):
            month.edit_the_project(part, then=False)
        month.an_image_that_people_have_comes_elsewhere("test", 0, then=False)
        month.move_an_image("pool", "test", 0, is_moved=False)
        for what in ("specs", "files", "data"):
            month.approve_then_edit_then_apply(what)
        month.people_answer(0.5, is_empty=False, then=True)
        assert month.reached == 2
        month.move_an_image("pool", "test", 1, is_moved=False)
        month.people_answer(0.5, is_empty=False, then=True)
        assert month.reached == 3
    finally:
        month.teardown()
