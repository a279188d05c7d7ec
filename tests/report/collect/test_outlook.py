import pytest

from ymir.metrics.scores import Band
from ymir.report.collect.outlook import outlook
from ymir.report.shown.summary import Point


def points(*values, half=0.01, topk=50, base=100):
    return [
        Point(
            number=number,
            labels=topk * (number - 1),
            images=base + topk * (number - 1),
            value=Band(value, value - half, value + half),
            map_50_95=Band(value / 2, value / 2, value / 2),
            change=None,
            seconds=None,
            says="",
            page=f"r{number}.html",
        )
        for number, value in enumerate(values, 1)
    ]


def test_the_labels_that_the_goal_needs_are_estimated():
    found = outlook(points(0.50, 0.58, 0.63), 0.7)
    assert found.low <= found.labels <= found.high
    assert found.labels > 100
    assert found.says.startswith("An estimate from 3 rounds: about ")
    assert f" {found.labels - 100:,} more labels reach 0.700" in found.says
    assert f"{found.low - 100:,} to {found.high - 100:,}." in found.says


def test_the_curve_goes_from_today_to_the_goal():
    found = outlook(points(0.50, 0.58, 0.63), 0.7)
    labels = [each.labels for each in found.curve]
    assert (labels[0], labels[-1], len(labels)) == (100, found.labels, 12)
    assert labels == sorted(set(labels))
    values = [each.value for each in found.curve]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(0.7, abs=0.005)
    assert all(0 <= each.low <= each.value <= each.high <= 1 for each in found.curve)


def test_a_goal_out_of_sight_is_said_to_be():
    found = outlook(points(0.5, 0.501, 0.5), 0.99)
    assert (found.labels, found.high) == (None, None)
    assert "do not reach 0.990 within sight" in found.says
    assert found.curve[-1].labels == 100 + 200  # where today's images are twice as many


def test_what_may_never_be_reached_has_no_upper_end():
    found = outlook(points(0.50, 0.53, 0.555, half=0.03), 0.65)
    assert found.labels is not None
    assert found.high is None
    assert found.says.endswith("if ever.")


@pytest.mark.parametrize(
    ("rounds", "goal"),
    [
        (points(0.5), 0.8),
        (points(), 0.8),
        (points(0.5, 0.6), None),
        (points(0.5, 0.8), 0.8),
        (points(0.5, 0.6, topk=0), 0.8),
    ],
    ids=["one round", "no round", "no goal", "goal met", "no label bought"],
)
def test_without_a_goal_ahead_and_rounds_that_differ_there_is_no_outlook(rounds, goal):
    assert outlook(rounds, goal) is None


def test_a_goal_nearly_met_needs_at_least_a_label():
    found = outlook(points(0.5, 0.6999, half=0.0), 0.7)
    assert found.labels == 51
    assert len(found.curve) == 2
