"""What the leakage gate recorded is told pair by pair, each kind with some examples."""

import json
from pathlib import Path

import pytest

from tests.report import rounds
from ymir.report.collect.leakage import MOST_OF_EACH, leaks
from ymir.report.record import ProjectRecord
from ymir.report.shown.batches import Leakage, LeakCount

GATES = {
    "leakage": "warn",
    "near": {"then": "warn", "distance": 4},
    "groups": {"by": ["camera"], "then": "exclude"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world: rounds.World, tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world, skills=(0.6,))


def pair(world: rounds.World, kind: str, **more: object) -> dict[str, object]:
    """A leak from the first testing image to the first training image."""
    image, file = world.training.images.select("image", "file").row(0)
    other, other_file = world.testing.images.select("image", "file").row(0)
    plain = {"kind": kind, "set": "testing", "image": image, "file": file}
    plain |= {"other": other, "other_file": other_file, "distance": None, "group": None}
    return {**plain, "left_out": False, **more}


def found(project: ProjectRecord, pairs: list[dict[str, object]], **more: object) -> Leakage:
    """What is read of what a gate wrote down, as the training stage does."""
    record = {"gates": GATES, "counts": [], "left_out": 0, "pairs": pairs, **more}
    (project.rounds[0].folder / "leakage.json").write_text(json.dumps(record))
    read = leaks(project.rounds[0])
    assert read
    return read


def test_every_count_is_said_with_what_became_of_it(project: ProjectRecord) -> None:
    counts = [
        {"set": "testing", "kind": "same", "images": 1},
        {"set": "validation", "kind": "same", "images": 2},
        {"set": "testing", "kind": "near", "images": 3000},
        {"set": "testing", "kind": "group", "images": 4},
    ]
    read = found(project, [], counts=counts, left_out=5)
    assert read.left_out == 5
    assert read.counts == (
        LeakCount("also in testing", 1, "left out"),
        LeakCount("also in validation", 2, "trained on all the same"),
        LeakCount("look like one of testing", 3000, "trained on all the same"),
        LeakCount("of a group in testing", 4, "left out"),
    )


def test_both_images_of_a_pair_are_named_with_the_reason(
    project: ProjectRecord, world: rounds.World
) -> None:
    pairs = [
        pair(world, "near", distance=2),
        pair(world, "group", group="camera: 7", left_out=True),
        pair(world, "same"),
    ]
    read = found(project, pairs).shown
    assert [each.why for each in read] == ["2 of 64 bits differ", "camera: 7", "the same file"]
    assert [each.left_out for each in read] == [False, True, False]
    assert (read[0].image, read[0].file) == world.training.images.select("image", "file").row(0)
    assert (read[0].other, read[0].other_file) == (
        world.testing.images.select("image", "file").row(0)
    )


def test_some_pairs_of_each_kind_and_set_are_shown(
    project: ProjectRecord, world: rounds.World
) -> None:
    near = [pair(world, "near", distance=4)] * 50
    others = [pair(world, "near", distance=4, set="validation"), pair(world, "same")]
    assert len(found(project, near + others).shown) == MOST_OF_EACH + 2


def test_that_nothing_leaks_is_said_with_what_was_looked_for(project: ProjectRecord) -> None:
    read = found(project, [])
    assert read.counts == ()
    assert read.looked_for == (
        "the same files, pictures that look alike (up to 4 of 64 bits differ), groups by camera"
    )


def test_a_round_from_before_there_was_a_gate_says_nothing_of_it(project: ProjectRecord) -> None:
    assert leaks(project.rounds[0]) is None


def test_a_file_is_named_without_its_folder_and_without_a_name_by_its_digest(
    project: ProjectRecord, world: rounds.World
) -> None:
    read = found(project, [pair(world, "same", file="a/b/c.jpg", other_file="")]).shown[0]
    assert read.file == "c.jpg"
    assert read.other_file == read.other[:12]
