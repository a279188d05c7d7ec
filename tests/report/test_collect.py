"""A report says what the judge said, and what follows from it."""

from dataclasses import replace

import orjson
import polars as pl
import pytest

from tests.report import rounds
from ymir.plan.decision import Decision
from ymir.report.collect import collect_project, collect_round
from ymir.report.record import ProjectRecord


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def project(world, tmp_path_factory) -> ProjectRecord:
    return rounds.project(tmp_path_factory.mktemp("rounds"), world)


def test_the_figures_are_those_of_metrics_json(project, world):
    report = collect_round(project, 3, world.locate)
    said = orjson.loads((project.rounds[2].folder / "metrics.json").read_bytes())["testing"]
    assert report.target.value.value == said["map"]["value"]
    judged = {each["label"]: each for each in said["per_class"]}
    for row in report.classes:
        assert row.ap50 is not None
        assert row.ap50.value == judged[row.label]["ap50"]["value"]
        assert row.found == judged[row.label]["true_positives"]
    shown = {label: [cell.count for cell in cells] for label, cells in report.confusion.rows}
    assert [*shown.values()] == said["confusion"]


def test_changes_are_to_the_round_before(project, world):
    report = collect_round(project, 3, world.locate)
    now, before = project.rounds[2].testing, project.rounds[1].testing
    assert report.target.gain is not None
    assert report.target.gain.change == pytest.approx(now.map.value - before.map.value)
    assert report.previous == "r2.html"


def test_the_first_round_has_nothing_to_compare_with(project, world):
    report = collect_round(project, 1, world.locate)
    assert report.target.gain is None
    assert report.previous is None
    assert {row.change for row in report.classes} == {None}
    assert [point.number for point in report.progress.points] == [1]


def test_a_page_never_shows_a_later_round(project, world):
    alone = replace(project, rounds=project.rounds[:2])
    assert collect_round(project, 2, world.locate) == collect_round(alone, 2, world.locate)


def test_labels_count_once_a_round_was_trained_on_them(project):
    points = collect_project(project).progress.points
    assert [point.labels for point in points] == [0, 6, 12]
    assert [point.images for point in points] == [12, 18, 24]


def test_classes_stand_in_order_of_their_distance_to_the_floor(project, world):
    spec = rounds.spec(goal={"per_class": {"helmet_head": 0.9, "no_helmet_head": 0.2}})
    report = collect_round(replace(project, spec=spec), 2, world.locate)
    assert [row.label for row in report.classes] == ["helmet_head", "no_helmet_head"]
    assert report.weakest is not None
    assert report.weakest.label == "helmet_head"
    assert report.weakest.room == pytest.approx(report.weakest.ap50 - 0.9)


def test_the_verdict_says_where_the_loop_stands(project, world):
    def headline(decision: Decision) -> tuple[str, str]:
        last = replace(project.rounds[2], decision=decision)
        verdict = collect_project(replace(project, rounds=(*project.rounds[:2], last))).verdict
        return verdict.state, verdict.headline.split(": ")[1]

    assert headline(Decision("goal met", "goal met: …", True)) == ("met", "goal met")
    assert headline(Decision("continue", "…", False)) == ("open", "goal not met yet")
    assert headline(Decision("rounds", "…", False)) == ("missed", "stopped without the goal")


def test_worst_images_are_judged_at_the_threshold(project, world):
    report = collect_round(project, 1, world.locate)
    scores = project.rounds[0].testing
    matches = project.rounds[0].table("matches")
    assert matches is not None
    errors = [each.invented + each.missed for each in report.errors.shown]
    assert errors == sorted(errors, reverse=True)
    assert min(errors) > 0
    if report.errors.with_errors <= len(errors):
        missed = sum(each.false_negatives for each in scores.per_class)
        invented = sum(each.false_positives for each in scores.per_class)
        assert sum(errors) == missed + invented
    for each in report.errors.shown:
        drawn = [box.kind for box in each.picture.boxes]
        assert drawn.count("fn") == each.missed
        assert drawn.count("fp") == each.invented
        assert drawn.count("tp") == each.found == drawn.count("truth")


def test_mined_images_stand_in_order_with_guess_and_label(project, world):
    batch = collect_round(project, 2, world.locate).batch
    assert batch is not None
    assert [each.rank for each in batch.shown] == [1, 2, 3, 4, 5, 6]
    assert batch.labelled == 6
    kinds = {box.kind for each in batch.shown for box in each.picture.boxes}
    assert kinds == {"guess", "label"}


def test_a_round_that_has_not_mined_has_no_batch(project, world):
    folder = project.rounds[2].folder
    for name in ("mined", "pool", "labelled"):
        (folder / f"{name}.parquet").rename(folder / f"{name}.away")
    try:
        assert collect_round(project, 3, world.locate).batch is None
    finally:
        for name in ("mined", "pool", "labelled"):
            (folder / f"{name}.away").rename(folder / f"{name}.parquet")


def test_images_that_are_not_at_hand_are_named_without_a_picture(project):
    report = collect_round(project, 1, lambda digests: {})
    assert {each.picture.uri for each in report.errors.shown} == {None}
    assert {each.picture.width for each in report.errors.shown} == {rounds.SIZE}


def test_an_absent_class_is_shown_without_a_figure(tmp_path):
    labels = (*rounds.LABELS, "unicorn")
    world = rounds.world(tmp_path / "world", labels=rounds.LABELS)
    world = replace(world, spec=rounds.spec(labels, goal={"map": 0.9}))
    project = rounds.project(tmp_path / "rounds", world, skills=(0.7,))
    report = collect_round(project, 1, world.locate)
    row = report.classes[-1]
    assert (row.label, row.ap50, row.testing) == ("unicorn", None, 0)
    assert "unicorn" not in {each.label for each in report.curves}


def test_a_dataset_that_changed_since_is_shown_as_the_round_saw_it(project, world):
    train = project.rounds[0].versions["train"]
    recipe = replace(train.recipe, inputs={"site-test": "0" * 32})
    versions = {**project.rounds[0].versions, "judge": replace(train, recipe=recipe)}
    first = replace(project.rounds[0], versions=versions)
    report = collect_round(replace(project, rounds=(first,)), 1, world.locate)
    used = {each.name: each for each in report.lineage.datasets}
    assert (used["site-test"].digest, used["site-test"].version) == ("0" * 32, None)
    assert used["site-train"].version == 1


def test_many_classes_are_cut_to_those_that_err_most(tmp_path):
    labels = tuple(f"class-{number:02d}" for number in range(30))
    world = rounds.world(tmp_path / "world", labels=labels, goal={"map": 0.9})
    project = rounds.project(tmp_path / "rounds", world, skills=(0.5,))
    report = collect_round(project, 1, world.locate)
    assert len(report.classes) == 30
    assert len(report.confusion.rows) == 13
    assert report.confusion.left_out == 18
    assert len(report.curves) == 12


def test_nothing_wrong_shows_no_images(project, world):
    matches = project.rounds[0].folder / "matches.parquet"
    kept = matches.read_bytes()
    pl.read_parquet(matches).clear().write_parquet(matches)
    try:
        assert collect_round(project, 1, world.locate).errors.shown == ()
    finally:
        matches.write_bytes(kept)
