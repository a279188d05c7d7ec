"""Three batches go to people and come back, while ymir is killed and their server goes away.

`YMIR_SOAK=25` does it 25 times, each with other moments (`make soak`).
"""

import os
import random
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from tests.labelstudio.annotator import (
    Box,
    Deed,
    Habits,
    Person,
    Place,
    at_work,
    exported,
    let_in,
    person,
    projects,
    rest,
    voc_truth,
)
from tests.labelstudio.server import PATIENCE, Server, a_label_studio
from tests.loop.test_faults import BEGUN, has_ended, processes_in
from tests.workspaces import Workspace, make
from ymir.stores.dvc import DvcStore

pytestmark = a_label_studio
SEEDS = range(1, 1 + int(os.environ.get("YMIR_SOAK", "1")))
ROUNDS, IMAGES, TWICE = 4, 8, 2
NAMES = {"cat": "cat", "dog": "dog"}
KILLS, STEPS = 20, 60
DONE = (0, 4)  # the goal is met, or the rounds are over
WAITS = 3


def begin(root: Path, server: Server) -> Workspace:
    """A project that sends three batches, if nobody minds: its goal is out of reach."""
    root.mkdir(exist_ok=True)
    (root / "token").write_text(server.token)
    tool = {"url": server.url, "token": {"file": "../token"}, "patience": "1s"}
    return make(
        root / "pets",
        goal={"map": 1.0, "rounds": ROUNDS},
        mine={"use": "random", "topk": IMAGES, "seed": 1},
        label={"use": "label-studio", "with": tool, "review": "25 %"},
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_image_is_accounted_for_whoever_is_killed_and_when(
    tmp_path: Path, own_label_studio: Server, seed: int
) -> None:
    workspace = begin(tmp_path, own_label_studio)
    truth = voc_truth(workspace.root / "raw" / "pool", NAMES)
    people = [
        person(own_label_studio, truth, Habits(skips=0.1, deletes=0.1, turns=0.3)),
        person(own_label_studio, truth, Habits(skips=0.1, deletes=0.1, shift=0.5)),
    ]
    people[1].name = "another@example.com"
    with at_work(*people):
        told = Trouble(workspace, own_label_studio, random.Random(seed)).through()
    why = f"seed {seed}: {told}"
    assert told[-1].endswith((": 0", ": 4")), why + workspace.said
    assert "killed" in " ".join(told), why
    assert "Label Studio stopped" in " ".join(told), why
    nothing_is_half_done(workspace)
    check_all(workspace, own_label_studio, people, why)


class Trouble:
    """What happens to ymir and to the server, from a list of chances; told as it happens."""

    def __init__(self, workspace: Workspace, server: Server, chance: random.Random) -> None:
        self.workspace, self.server, self.chance = workspace, server, chance
        self.told: list[str] = []

    def through(self) -> list[str]:
        """`apply`, killed again and again, until it is done; at last it is left in peace."""
        for step in range(STEPS):
            if step % 5 == 3 and self._server_goes() in DONE:
                break
            if self._applied(is_killed=step < KILLS) in DONE:
                break
            rest()
        return self.told

    def _applied(self, *, is_killed: bool) -> int | None:
        """How `apply` ends, or None where it was killed."""
        run = self.workspace.start("apply")
        if is_killed and not self._gets_far(run):
            run.kill()
            run.wait()
            self.told.append("apply killed")
            return None
        return self._ends(run, "apply ended")

    def _gets_far(self, run: subprocess.Popen[bytes]) -> bool:
        """Wait until it has done some more, and a moment; whether it has ended by then."""
        goal = self._events() + self.chance.randint(0, 9)
        while self._events() < goal:
            if has_ended(run, 0.05):
                return True
        return has_ended(run, self.chance.uniform(0.0, 0.8))

    def _events(self) -> int:
        file = self.workspace.root / ".ymir" / "events.jsonl"
        return file.read_bytes().count(b"\n") if file.exists() else 0

    def _server_goes(self) -> int:
        """Away, before an `apply` or in the middle of one, and back."""
        run = self.workspace.start("apply") if self.chance.random() < 0.6 else None
        if run:
            self._gets_far(run)
        self.server.stop(self.chance.choice([signal.SIGTERM, signal.SIGKILL]))
        self.told.append("Label Studio stopped")
        code = self._ends(run or self.workspace.start("apply"), "without it")
        self.server.start()
        return code

    def _ends(self, run: subprocess.Popen[bytes], how: str) -> int:
        """It waits for people, or is done; a server that does not answer fails nothing."""
        assert has_ended(run, PATIENCE), f"{self.told} {self.workspace.said}"
        assert run.returncode in (*DONE, WAITS), f"{self.told} {self.workspace.said}"
        self.told.append(f"{how}: {run.returncode}")
        return int(run.returncode)


def nothing_is_half_done(workspace: Workspace) -> None:
    assert not processes_in(workspace)
    assert workspace.run("git", "status", "--porcelain") == ""
    assert workspace.run("dvc", "status").strip() == "Data and pipelines are up to date."
    begun = Counter(path.parents[2] for path in workspace.root.glob(BEGUN))
    assert set(begun.values()) == {1}, "no job was done twice"


def check_all(workspace: Workspace, server: Server, people: list[Person], why: str) -> None:
    """Hold ymir's records, the server's tasks, and what people remember side by side."""
    store = DvcStore(workspace.root)
    recorded = store.observe()
    with let_in(server.url, server.token) as client:
        every = {each["description"].split("]")[0]: each for each in projects(client)}
        assert len(every) == len(projects(client)) == ROUNDS - 1, why
        for number in range(1, ROUNDS):
            facts = recorded[f"pets/r{number}/label"].facts
            key = recorded[f"pets/r{number}/send"].facts["key"]
            project = every[f"[ymir:{key}"]["id"]
            mined = pl.read_parquet(store.open(f"pets/r{number}/mine") / "mined.parquet")
            label = store.open(f"pets/r{number}/label")
            labelled = pl.read_parquet(label / "labelled.parquet")
            answers = pl.read_parquet(label / "answers.parquet").filter(
                pl.col("state") != "rejected"
            )
            taken = set(answers.select("image", "copy", "seconds").rows())
            batch = Batch(project, set(mined["image"]), exported(client, project), people, taken)
            check_server(batch, why)
            check_balance(batch, facts["balance"], why)
            check_boxes(batch, labelled, why)
    assert len(workspace.data("status")["rounds"]["pets"]) == ROUNDS, why


@dataclass(frozen=True)
class Batch:
    """The images of a batch, its tasks as the server has them now, and who worked on them.

    Two people may have the same task before them: the second answer may come when the first one was
    `taken` in already. Each has a number of seconds of its own, which tells them apart.
    """

    project: int
    images: set[str]
    tasks: list[dict]
    people: list[Person]
    taken: set[tuple[str, int, float]]

    @property
    def answers(self) -> list[tuple[Place, dict]]:
        """What the server says of the answers that were taken in."""
        given = [(_place(task), answer) for task in self.tasks for answer in task["annotations"]]
        return [
            ((self.project, *place), answer)
            for place, answer in given
            if (*place, answer["lead_time"]) in self.taken
        ]

    @property
    def deeds(self) -> list[tuple[Place, Deed]]:
        """What anybody did."""
        books = (each.book.items() for each in self.people)
        return [(place, deed) for book in books for place, deed in book if place[0] == self.project]

    def images_that_are(self, kind: str) -> set[str]:
        """The images with which anybody did this, as far as it was taken in."""
        if kind == "deleted":
            return {image for (_, image, _), deed in self.deeds if deed.kind == kind}
        said = [(place[1], self.meant(place, answer).kind) for place, answer in self.answers]
        return {image for image, what in said if what == kind}

    def meant(self, place: Place, answer: dict) -> Deed:
        """What somebody meant by an answer."""
        (who,) = (each for each in self.people if each.names(place) == answer["unique_id"])
        return who.book[place]


def _place(task: dict) -> tuple[str, int]:
    return task["data"]["ymir_image"], task["data"]["ymir_copy"]


def check_server(batch: Batch, why: str) -> None:
    """One task per image and copy, save those that people took away; each answer is there once."""
    copies = Counter(map(_place, batch.tasks))
    assert set(copies.values()) == {1}, why
    taken = {place[1:] for place, deed in batch.deeds if deed.kind == "deleted"}
    assert not taken & set(copies), why
    assert len(copies) + len(taken) == IMAGES + TWICE, why
    assert {image for image, _ in (*copies, *taken)} == batch.images, why
    said = [deed for _, deed in batch.deeds if deed.kind != "deleted"]
    assert len(said) == sum(len(task["annotations"]) for task in batch.tasks), why
    assert len(batch.answers) == len(batch.taken), why


def check_balance(batch: Batch, balance: dict[str, int], why: str) -> None:
    """The balance is what people remember."""
    back = batch.images_that_are("labelled")
    rejected = batch.images_that_are("deleted") - back
    assert balance["sent"] == IMAGES, why
    assert balance["labelled"] + balance["empty"] == len(back), why
    assert balance["rejected"] == len(rejected), why
    assert balance["skipped"] == IMAGES - len(back) - len(rejected), why
    assert balance["outstanding"] == 0, why
    assert balance["reviews"] == TWICE, why


def check_boxes(batch: Batch, labelled: pl.DataFrame, why: str) -> None:
    """The boxes are those of each image's newest answer."""
    assert sorted(labelled["image"]) == sorted(batch.images_that_are("labelled")), why
    for image, objects in labelled.select("image", "objects").iter_rows():
        boxes = [rounded((o["label"], o["x"], o["y"], o["w"], o["h"])) for o in objects]
        assert sorted(boxes) == sorted(map(rounded, newest(batch, image).boxes)), why


def newest(batch: Batch, image: str) -> Deed:
    """What was meant by the answer that counts, which the server knows."""
    given = [  # within a second the first copy counts, of that the newest answer
        ((answer["updated_at"][:19], -place[2], answer["updated_at"]), batch.meant(place, answer))
        for place, answer in batch.answers
        if place[1] == image and not answer["was_cancelled"]
    ]
    return max(given, key=lambda each: each[0])[1]


def rounded(box: Box) -> Box:
    label, *sides = box
    return (label, *(round(side, 2) for side in sides))
