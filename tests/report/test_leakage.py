"""The leakage section says what the gate recorded, and shows both pictures of a pair."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report import rounds
from ymir.report.collect import collect_round
from ymir.report.leakage import MOST_OF_EACH
from ymir.report.model import LeakCount
from ymir.report.record import ProjectRecord
from ymir.report.render import render

GATES = {
    "leakage": "warn",
    "near": {"then": "warn", "distance": 4},
    "groups": {"by": ["camera"], "then": "exclude"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world, tmp_path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world, skills=(0.6,))


def pair(world: rounds.World, kind: str, **more: object) -> dict[str, object]:
    """A leak from the first testing image to the first training image."""
    image, file = world.training.images.select("image", "file").row(0)
    other, other_file = world.testing.images.select("image", "file").row(0)
    plain = {"kind": kind, "set": "testing", "image": image, "file": file}
    plain |= {"other": other, "other_file": other_file, "distance": None, "group": None}
    return {**plain, "left_out": False, **more}


def record(project: ProjectRecord, pairs: list[dict[str, object]], **more: object) -> Path:
    """Write down what a gate found, as the training stage does."""
    found = {"gates": GATES, "counts": [], "left_out": 0, "pairs": pairs, **more}
    path = project.rounds[0].folder / "leakage.json"
    path.write_text(json.dumps(found))
    return path


def test_every_count_is_said_with_what_became_of_it(project, world):
    counts = [
        {"set": "testing", "kind": "same", "images": 1},
        {"set": "validation", "kind": "same", "images": 2},
        {"set": "testing", "kind": "near", "images": 3000},
        {"set": "testing", "kind": "group", "images": 4},
    ]
    record(project, [], counts=counts, left_out=5)
    report = collect_round(project, 1, world.locate)
    assert report.leakage is not None
    assert report.leakage.counts == (
        LeakCount("also in testing", 1, "left out"),
        LeakCount("also in validation", 2, "trained on all the same"),
        LeakCount("look like one of testing", 3000, "trained on all the same"),
        LeakCount("of a group in testing", 4, "left out"),
    )
    page = render(report)
    assert "<b>3,000 training images</b> look like one of testing" in page
    assert "5 images left out of training" in page
    assert 'href="#leakage"' in page


def test_both_pictures_of_a_pair_are_shown_with_the_reason(project, world):
    pairs = [
        pair(world, "near", distance=2),
        pair(world, "group", group="camera: 7", left_out=True),
        pair(world, "same"),
    ]
    record(project, pairs, counts=[{"set": "testing", "kind": "near", "images": 1}])
    report = collect_round(project, 1, world.locate)
    assert report.leakage is not None
    shown = report.leakage.shown
    assert [each.why for each in shown] == ["2 of 64 bits differ", "camera: 7", "the same file"]
    assert shown[0].image.uri != shown[0].other.uri
    page = render(report)
    for each in (shown[0].image, shown[0].other):
        assert each.uri in page
        assert each.file in page
    assert "camera: 7 · left out of training" in page


def test_some_pairs_of_each_kind_and_set_are_shown(project, world):
    near = [pair(world, "near", distance=4)] * 50
    others = [pair(world, "near", distance=4, set="validation"), pair(world, "same")]
    record(project, near + others)
    report = collect_round(project, 1, world.locate)
    assert report.leakage is not None
    assert len(report.leakage.shown) == MOST_OF_EACH + 2


def test_that_nothing_leaks_is_said_with_what_was_looked_for(project, world):
    record(project, [])
    page = render(collect_round(project, 1, world.locate))
    assert "None was found." in page
    assert "pictures that look alike (up to 4 of 64 bits differ), groups by camera" in page


def test_a_round_from_before_there_was_a_gate_says_nothing_of_it(project, world):
    assert collect_round(project, 1, world.locate).leakage is None
    assert "leakage" not in render(collect_round(project, 1, world.locate))


def test_images_that_are_not_at_hand_and_hostile_names_break_nothing(project, world):
    name = '<script>alert(1)</script>/"><img src=x onerror=alert(1)>.jpg'
    record(
        project,
        [pair(world, "group", file=name, image="0" * 32, group="{{ 7 * 7 }}<b>")],
        counts=[{"set": "testing", "kind": "group", "images": 1}],
    )
    report = collect_round(project, 1, world.locate)
    page = render(report)
    assert page.count("<script") == 1
    assert "{{ 7 * 7 }}&lt;b&gt;" in page
    assert "image not at hand" in page
    assert render(replace(report)) == page
