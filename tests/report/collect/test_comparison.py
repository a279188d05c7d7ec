"""What a page says of models side by side is what the judge and the paired bootstrap say."""

from dataclasses import replace

import pytest

from tests.report.rounds import LABELS, Scenes, drawn, guessed
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.metrics.paired import paired
from ymir.report.collect.comparison import Comparison, Side, collect_comparison, reports
from ymir.report.record import Judged


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    return drawn(tmp_path_factory.mktemp("scenes") / "testing", 60, seed=5)


def side(scenes: Scenes, name: str, skill: float, seed: int = 1) -> Side:
    found = guessed(scenes.images, skill, seed, LABELS)
    scores, matches = judge(scenes.images, found, labels=LABELS)
    return Side(f"a model of skill {skill}", Judged(name, None, scores, matches))


def compared(scenes: Scenes, *sides: Side, notes: tuple[str, ...] = ()) -> Comparison:
    return Comparison("test@v1", "d" * 32, scenes.images, LABELS, sides, notes)


def test_figures_are_the_judges_and_differences_those_of_the_paired_bootstrap(
    scenes: Scenes,
) -> None:
    first, second = side(scenes, "helmet/r1", 0.5), side(scenes, "helmet/r2", 0.9)
    report = collect_comparison(compared(scenes, first, second))
    assert [each.map for each in report.contenders] == [
        first.judged.scores.map,
        second.judged.scores.map,
    ]
    expected = paired(scenes.images, first.judged.matches, second.judged.matches, labels=LABELS)
    overall, *classes = report.differences
    assert (overall.name, overall.label) == ("helmet/r2", None)
    assert (overall.change, overall.is_real) == (expected.overall.change, True)
    assert {each.label: each.change for each in classes} == {
        label: gap.change for label, gap in expected.per_class.items()
    }
    assert overall.change.value == pytest.approx(second.map - first.map)
    for row in report.classes:
        assert row.ap50 == (first.of(row.label).ap50, second.of(row.label).ap50)
        assert row.best == 1


def test_the_headline_names_the_better_one_whichever_was_named_first(scenes: Scenes) -> None:
    worse, better = side(scenes, "helmet/r1", 0.5), side(scenes, "helmet/r2", 0.9)
    one, other = (
        collect_comparison(compared(scenes, *sides)) for sides in ((worse, better), (better, worse))
    )
    assert one.headline == other.headline
    gap = one.differences[0].change
    assert one.headline == (
        f"helmet/r2 is better than helmet/r1 by {gap.value:.3f} mAP "
        f"({gap.low:.3f} to {gap.high:.3f}): the difference is real"
    )
    assert other.differences[0].change.value == -gap.value


def test_models_that_are_equal_differ_by_nothing_and_that_could_be_chance(scenes: Scenes) -> None:
    first = side(scenes, "helmet/r1", 0.7)
    again = replace(first, judged=replace(first.judged, name="helmet"))
    report = collect_comparison(compared(scenes, first, again))
    assert {
        (each.change.value, each.change.low, each.change.high) for each in report.differences
    } == {(0.0, 0.0, 0.0)}
    assert not any(each.is_real for each in report.differences)
    assert report.headline == (
        "helmet/r1 and helmet have the same mAP: what differs could be chance"
    )
    assert [each.best for each in report.classes] == [None, None]


def test_models_that_are_about_as_good_are_told_apart_by_chance_alone(scenes: Scenes) -> None:
    sides = [side(scenes, f"helmet/r{seed}", 0.8, seed) for seed in (1, 2)]
    report = collect_comparison(compared(scenes, *sides))
    assert not report.differences[0].is_real
    assert report.differences[0].change.low < 0 < report.differences[0].change.high
    assert "is ahead of" in report.headline
    assert report.headline.endswith("the difference could be chance")


def test_of_many_the_best_leads_and_is_held_against_the_next_best(scenes: Scenes) -> None:
    skills = {"a/r1": 0.3, "b/r1": 0.95, "c/r1": 0.6}
    sides = {name: side(scenes, name, skill) for name, skill in skills.items()}
    report = collect_comparison(compared(scenes, *sides.values()))
    gap = paired(
        scenes.images,
        sides["c/r1"].judged.matches,
        sides["b/r1"].judged.matches,
        labels=LABELS,
    ).overall.change
    assert report.headline.startswith(
        f"b/r1 leads 3 models: it is better than c/r1 by {gap.value:.3f} mAP"
    )
    assert [each.name for each in report.differences if each.label is None] == ["b/r1", "c/r1"]
    assert len(report.curves) == 3
    assert len({tuple(each.label for each in curves) for curves in report.curves}) == 1


def test_a_class_without_truth_has_no_figure_and_no_best(scenes: Scenes) -> None:
    label = LABELS[1]
    rows = [
        {**row, "objects": [each for each in row["objects"] if each["label"] != label]}
        for row in scenes.images.iter_rows(named=True)
    ]
    only = Scenes(table(rows), scenes.places)
    report = collect_comparison(
        compared(only, *(side(only, f"p/r{n}", skill) for n, skill in ((1, 0.5), (2, 0.9))))
    )
    assert [(each.label, each.ap50, each.best) for each in report.classes][1] == (
        label,
        (None, None),
        None,
    )
    assert {each.label for each in report.differences} == {None, LABELS[0]}
    assert [each.label for each in report.curves[0]] == [LABELS[0]]


def test_what_is_noted_is_said_and_names_pass_as_they_are(scenes: Scenes) -> None:
    name = "<b>x</b>\u202e" + "w" * 300
    sides = (side(scenes, "helmet/r1", 0.5), side(scenes, name, 0.9))
    report = collect_comparison(compared(scenes, *sides, notes=("Left out: dog",)))
    assert report.reason.startswith("Judged on the 60 images of test@v1, ")
    assert report.reason.endswith(", and compared image by image. Left out: dog.")
    assert report.contenders[1].name == name
    assert reports.validate_json(reports.dump_json(report)) == report


def test_the_point_of_a_curve_is_what_was_counted_at_the_threshold(
    scenes: Scenes,
) -> None:
    one = side(scenes, "helmet/r1", 0.7)
    report = collect_comparison(compared(scenes, one, side(scenes, "helmet/r2", 0.9)))
    for curve in report.curves[0]:
        counted = one.of(curve.label)
        assert curve.at is not None
        assert curve.at[0] == pytest.approx(counted.true_positives / counted.boxes)
        assert len(curve.precision) == len(curve.score) == 101
