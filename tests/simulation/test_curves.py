"""Labels needed, areas, leads: by value."""

import pytest

from ymir.metrics.scores import Band
from ymir.simulation.curves import Needed, Point, Replay, area, interval, needed, worth


def curve(*points: tuple[int, float]) -> tuple[Point, ...]:
    return tuple(Point(labels, value) for labels, value in points)


RISING = curve((20, 0.2), (40, 0.4), (80, 0.5))


def test_labels_needed_are_linear_between_points() -> None:
    assert needed(RISING, 0.3) == Needed(30)
    assert needed(RISING, 0.4) == Needed(40)
    assert needed(RISING, 0.45) == Needed(60)


def test_a_start_that_is_good_enough_needs_no_more() -> None:
    assert needed(RISING, 0.1) == Needed(20)


def test_what_is_never_reached_is_said_so_with_all_labels_that_there_were() -> None:
    assert needed(RISING, 0.51) == Needed(80, is_reached=False)


def test_the_first_time_counts_even_where_a_curve_falls_again() -> None:
    assert needed(curve((10, 0.1), (20, 0.5), (30, 0.3), (40, 0.6)), 0.5) == Needed(20)


def test_the_area_is_the_mean_height_of_the_way() -> None:
    assert area(RISING) == pytest.approx((0.3 * 20 + 0.45 * 40) / 60)
    assert area(curve((20, 0.7))) == 0.7


def test_a_curve_that_ends_early_stays_as_it_was() -> None:
    assert area(curve((10, 0.2), (20, 0.4)), 40) == pytest.approx((0.3 * 10 + 0.4 * 20) / 30)
    assert area(curve((10, 0.2)), 20) == pytest.approx(0.2)


def test_the_interval_of_equal_differences_has_no_width() -> None:
    assert interval([0.1, 0.1, 0.1]) == Band(pytest.approx(0.1), *[pytest.approx(0.1)] * 2)


def test_the_interval_holds_its_mean_and_is_the_same_every_time() -> None:
    found = interval([0.1, -0.1, 0.3, 0.2, 0.0])
    assert found.value == pytest.approx(0.1)
    assert -0.1 < found.low < 0.0 < found.value < found.high < 0.3
    assert interval([0.1, -0.1, 0.3, 0.2, 0.0]) == found


def test_one_pair_tells_nothing_of_the_noise() -> None:
    assert interval([0.1]) == Band(0.1, -1.0, 1.0)


def replay(seed: int, **curves: tuple[Point, ...]) -> Replay:
    return Replay(seed, 0.5, curves)


def test_a_strategy_is_worth_what_it_saves_beside_another() -> None:
    quick = curve((10, 0.2), (20, 0.5))
    slow = curve((10, 0.2), (20, 0.3), (30, 0.5))
    found = worth("q", [replay(1, q=quick, s=slow), replay(2, q=quick, s=slow)], beside="s")
    (eighty,) = (each for each in found.reach if each.share == 0.8)
    assert eighty.labels == pytest.approx(10 + 10 * 0.2 / 0.3)
    assert eighty.ratio == pytest.approx((10 + 10 * 0.2 / 0.3) / 25)
    assert (eighty.missed, eighty.is_at_most) == (0, False)
    assert found.wins == 2
    assert found.lead is not None
    assert found.lead.value == pytest.approx((0.35 + 0.5) / 2 - (0.25 + 0.4) / 2)
    assert found.final == 0.5


def test_where_the_other_never_got_there_the_ratio_is_an_upper_bound() -> None:
    starts = [replay(1, q=curve((10, 0.4)), s=curve((10, 0.2), (40, 0.3)))]
    first = worth("q", starts, beside="s").reach[0]
    assert (first.ratio, first.is_at_most) == (10 / 40, True)


def test_who_never_got_there_has_no_ratio() -> None:
    starts = [
        replay(1, q=curve((10, 0.2)), s=curve((10, 0.45))),
        replay(2, q=curve((10, 0.45)), s=curve((10, 0.45))),
    ]
    first = worth("q", starts, beside="s").reach[0]
    assert (first.ratio, first.missed) == (None, 1)


def test_a_strategy_is_not_compared_with_itself() -> None:
    found = worth("s", [replay(1, s=RISING)], beside="s")
    assert (found.lead, found.wins, found.reach[0].ratio) == (None, 0, None)


def test_starts_that_only_one_of_two_has_are_not_compared() -> None:
    both, alone = replay(1, q=RISING, s=RISING), replay(2, q=curve((20, 0.9)))
    found = worth("q", [both, alone], beside="s")
    assert found.lead == Band(0.0, -1.0, 1.0)
    assert found.final == pytest.approx(0.7)
