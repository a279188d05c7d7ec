"""A report says what the judge said, and what follows from it."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.report import rounds
from tests.report.collect.test_gates import version
from ymir.report.collect.pages import collect_project, collect_round
from ymir.report.files.document import report_json
from ymir.report.record import ProjectRecord


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world: rounds.World, tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world)


def test_the_figures_are_those_of_metrics_json(project: ProjectRecord) -> None:
    report = orjson.loads(report_json(collect_round(project, 3)))
    said = orjson.loads((project.rounds[2].folder / "metrics.json").read_bytes())["testing"]
    assert report["target"]["value"] == said["map"]
    assert report["threshold"] == said["threshold"]
    judged = {each["label"]: each for each in said["per_class"]}
    for row in report["classes"]:
        theirs = judged[row["label"]]
        assert row["ap50"] == theirs["ap50"]
        counts = [row[name] for name in ("testing", "found", "invented", "missed")]
        names = ("boxes", "true_positives", "false_positives", "false_negatives")
        assert counts == [theirs[name] for name in names]
    for curve in report["curves"]:
        assert curve["precision"] == judged[curve["label"]]["curve"]["precision"]
        assert curve["score"] == judged[curve["label"]]["curve"]["score"]
    shown = [[cell["count"] for cell in cells] for _, cells in report["confusion"]["rows"]]
    assert shown == said["confusion"]
    assert report["confidence"]["suggested"]["score"] == said["threshold"]


def test_changes_are_to_the_round_before(project: ProjectRecord) -> None:
    report = collect_round(project, 3)
    now, before = project.rounds[2].testing, project.rounds[1].testing
    assert report.target.gain is not None
    assert report.target.gain.change == pytest.approx(now.map.value - before.map.value)
    assert report.previous == "r2.html"
    assert report.changes is not None
    assert report.regressions is not None
    assert report.regressions.fixed == len(report.changes.fixed)
    assert report.regressions.before == report.changes.before == "round 2"


def test_the_first_round_has_nothing_to_compare_with(project: ProjectRecord) -> None:
    report = collect_round(project, 1)
    assert report.target.gain is None
    assert report.previous is None
    assert report.changes is None
    assert report.regressions is None
    assert report.lineage.changes == ()
    assert {row.change for row in report.classes} == {None}
    assert [point.number for point in report.progress.points] == [1]


def test_a_page_never_shows_a_later_round(project: ProjectRecord) -> None:
    alone = replace(project, rounds=project.rounds[:2])
    assert collect_round(project, 2) == collect_round(alone, 2)


def test_a_loop_begun_anew_is_compared_with_itself_alone(project: ProjectRecord) -> None:
    first, second, third = project.rounds
    anew = replace(project, rounds=(first, second, replace(third, generation=2)))
    report = collect_round(anew, 3)
    assert [point.number for point in report.progress.points] == [3]
    assert report.previous is None
    assert report.changes is None
    assert report.spent.rounds == 1
    assert report.spent.labels == 12
    assert len(collect_round(anew, 2).progress.points) == 2


def test_images_with_errors_are_those_whose_boxes_are_wrong_at_the_threshold(
    project: ProjectRecord,
) -> None:
    now = project.rounds[0]
    matches = now.table("matches")
    assert matches is not None
    wrong = set()
    for row in matches.iter_rows(named=True):
        is_counted = row["score"] is not None and row["score"] >= now.testing.threshold
        if row["outcome"] == "fp" and is_counted:
            wrong.add(row["image"])
        if (
            row["side"] == "truth"
            and row["outcome"] in ("fn", "tp")
            and not (row["outcome"] == "tp" and is_counted)
        ):
            wrong.add(row["image"])
    report = collect_round(project, 1)
    assert report.with_errors == len(wrong) > 0
    assert report.images == 30


def test_labels_count_once_a_round_was_trained_on_them(project: ProjectRecord) -> None:
    points = collect_project(project).progress.points
    assert [point.labels for point in points] == [0, 6, 12]
    assert [point.images for point in points] == [12, 18, 24]


def test_classes_stand_in_order_of_their_distance_to_the_floor(project: ProjectRecord) -> None:
    spec = rounds.spec(goal={"per_class": {"helmet_head": 0.9, "no_helmet_head": 0.2}})
    report = collect_round(replace(project, spec=spec), 2)
    assert [row.label for row in report.classes] == ["helmet_head", "no_helmet_head"]
    assert report.weakest is not None
    assert report.weakest.label == "helmet_head"
    assert report.weakest.room == pytest.approx(report.weakest.ap50 - 0.9)


def test_another_loop_with_random_picks_stands_beside_the_way(
    project: ProjectRecord, world: rounds.World, tmp_path: Path
) -> None:
    other = rounds.project(tmp_path / "other", world, skills=(0.5, 0.6), topk=3)
    control = replace(other, spec=rounds.spec(name="by-chance", mine={"use": "random", "topk": 3}))
    both = replace(project, control=control)
    shown = collect_round(both, 3).progress.control
    assert shown is not None
    assert shown.project == "by-chance"
    assert [point.labels for point in shown.points] == [0, 3]
    assert [point.value for point in shown.points] == [each.testing.map for each in other.rounds]
    first = collect_round(both, 1).progress.control
    assert first is not None
    assert len(first.points) == 1


def test_what_rounds_cost_adds_up(project: ProjectRecord) -> None:
    spent = collect_round(project, 2).spent
    assert spent.seconds == pytest.approx(2 * 7 * 3.5)
    assert spent.gpu_hours is None
    train = {"train": version("train", seconds=60, gpu_seconds=7200)}
    with_gpus = replace(project.rounds[1], versions={**project.rounds[1].versions, **train})
    goal = {"map": 0.85, "gpu_hours": 4}
    spec = rounds.spec(goal=goal)
    report = collect_round(replace(project, spec=spec, rounds=(project.rounds[0], with_gpus)), 2)
    assert (report.spent.gpu_hours, report.spent.gpu_hours_budget) == (2.0, 4)
    steps = {step.kind: step for step in report.lineage.steps}
    assert (steps["train"].gpu_seconds, steps["judge"].gpu_seconds) == (7200, None)


def test_old_records_without_facts_and_tables_make_a_report_all_the_same(
    project: ProjectRecord,
) -> None:
    bare = tuple(replace(each, versions={}, commit=None) for each in project.rounds)
    for each in bare:
        for table in ("matches", "training", "mined", "pool", "labelled"):
            (each.folder / f"{table}.parquet").unlink()
        (each.folder / "model" / "model.json").unlink()
    old = replace(project, rounds=bare, datasets={})
    report = collect_round(old, 3)
    assert report.target.value == bare[2].testing.map
    assert report.batch is None
    assert report.with_errors == 0
    assert {gate.light for gate in report.gates if gate.name != "regression"} == {"off"}
    assert report_json(report)


def test_remarks_on_an_executor_stand_in_the_lineage(project: ProjectRecord) -> None:
    predict = version("predict", remarks=["3 boxes without a score, left out; for one: a.jpg"])
    now = replace(project.rounds[0], versions={**project.rounds[0].versions, "predict": predict})
    facts = collect_round(replace(project, rounds=(now,)), 1).lineage.facts
    said = {fact.name: fact.value for fact in facts}
    assert said["read leniently"].startswith("predict: 3 boxes without a score")


def test_the_overview_has_the_verdict_of_the_newest_round(project: ProjectRecord) -> None:
    assert collect_project(project).verdict == collect_round(project, 3).verdict


def test_what_the_model_was_trained_with_stands_in_the_lineage(project: ProjectRecord) -> None:
    facts = {fact.name: fact.value for fact in collect_round(project, 1).lineage.facts}
    assert (facts["trained with"], facts["training seed"]) == ("epochs=30", "7")
