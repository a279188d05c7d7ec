import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.metrics.forecast import forecast, power_law
from ymir.metrics.scores import Band


def sharp(value):
    return Band(value, value, value)


def around(value, half=0.02):
    return Band(value, value - half, value + half)


def along(a, b, images):
    return [1 - a * each**-b for each in images]


@given(st.floats(0.5, 3), st.floats(0.1, 0.9), st.integers(50, 5000))
def test_a_true_power_law_is_found_again(a, b, asked):
    images = [40, 80, 120, 300]
    law = power_law(np.array(images, float), np.array([[a * each**-b for each in images]]))
    assert law.b[0] == pytest.approx(b)
    assert np.exp(law.log_a[0]) == pytest.approx(a)
    error = a * asked**-b
    assert law.images(error)[0] == pytest.approx(asked)
    assert law.errors(np.array([asked]))[0, 0] == pytest.approx(min(error, 1))


def test_figures_without_noise_give_a_forecast_without_doubt():
    images = [100, 200, 400]
    values = [sharp(each) for each in along(2, 0.4, images)]
    (goal,) = along(2, 0.4, [900])
    found = forecast(images, values, goal=goal, asked=[400, 900])
    assert found.needed == pytest.approx((900, 900, 900))
    assert found.values[1] == pytest.approx([goal] * 3)
    assert found.values[0] == pytest.approx([values[-1].value] * 3)


def test_the_noisier_the_figures_the_wider_the_forecast():
    images = [100, 200, 400]
    values = along(2, 0.4, images)
    spans = []
    for half in (0.005, 0.02):
        found = forecast(images, [around(each, half) for each in values], goal=0.9, asked=[500])
        law, low, high = found.needed
        assert low < law < high
        value, least, most = found.values[0]
        assert least < value < most
        spans.append(most - least)
    assert spans[0] < spans[1]


def test_what_does_not_get_better_never_reaches_the_goal():
    found = forecast([100, 200, 300], [sharp(0.5)] * 3, goal=0.6, asked=[600])
    assert found.needed == (np.inf, np.inf, np.inf)
    assert found.values[0] == pytest.approx([0.5] * 3)
    worse = forecast([100, 200], [sharp(0.6), sharp(0.5)], goal=0.7, asked=[10_000])
    assert worse.needed[0] == np.inf
    assert (worse.values >= 0).all()


def test_perfection_is_out_of_reach_and_a_perfect_round_no_trouble():
    found = forecast([100, 200], [sharp(0.9), sharp(1.0)], goal=1.0, asked=[400])
    assert found.needed[0] == np.inf
    assert 0.999 <= found.values[0, 0] <= 1


def test_it_takes_two_different_numbers_of_images():
    assert forecast([100, 100], [sharp(0.5), sharp(0.6)], goal=0.8, asked=[200]) is None
    assert forecast([100], [sharp(0.5)], goal=0.8, asked=[200]) is None
    assert forecast([0, 100], [sharp(0.0), sharp(0.6)], goal=0.8, asked=[200]) is None


def test_the_same_seed_gives_the_same_forecast():
    arguments = ([100, 200], [around(0.5), around(0.6)])
    one, same, other = (
        forecast(*arguments, goal=0.8, asked=[300], seed=seed) for seed in (1, 1, 2)
    )
    assert one.needed == same.needed != other.needed
    assert (one.values == same.values).all()
