"""Marks lie inside their frame, in the order of their figures, whatever the rounds look like."""

from hypothesis import given
from hypothesis import strategies as st

from ymir.metrics.scores import Band
from ymir.report.plots import Scale, curve_chart, progress_chart
from ymir.report.model import ClassCurve, Point, Progress

shares = st.floats(0, 1, allow_nan=False)


@st.composite
def bands(draw):
    low, value, high = sorted(draw(st.tuples(shares, shares, shares)))
    return Band(value, low, high)


@st.composite
def rounds(draw):
    figures = draw(st.lists(bands(), min_size=1, max_size=6))
    bought = draw(st.lists(st.integers(0, 100_000), min_size=len(figures), max_size=len(figures)))
    labels = sorted(bought)
    points = tuple(
        Point(n, labels[n - 1], 9, value, value, None, None, "", f"r{n}.html")
        for n, value in enumerate(figures, 1)
    )
    return Progress("mAP", draw(st.none() | shares), points)


@given(rounds())
def test_every_mark_lies_inside_the_frame(progress):
    chart = progress_chart(progress)
    frame = chart.frame
    for mark in chart.marks:
        assert frame.left <= mark.x <= frame.right
        assert frame.top <= mark.high <= mark.y <= mark.low <= frame.bottom
    if chart.goal:
        assert frame.top <= chart.goal.at <= frame.bottom
    assert 1 <= len(chart.x_ticks) <= 14
    assert 2 <= len(chart.y_ticks) <= 14
    texts = [tick.text for tick in chart.y_ticks]
    assert len(set(texts)) == len(texts)


@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1))
def test_a_scale_holds_its_values_and_ends_on_steps(values):
    scale = Scale.around(values, pieces=5, least=0.01)
    for value in values:
        assert -1e-6 <= scale.share(value) <= 1 + 1e-6
    assert len(scale.values()) <= 8


def test_a_curve_goes_from_left_to_right():
    curve = ClassCurve("car", 0.5, (1.0, 0.5, 0.0), None, (0.5, 0.5))
    chart = curve_chart(curve)
    across = [float(pair.split(",")[0]) for pair in chart.line.split()]
    assert across == sorted(across)
    assert chart.before is None
    assert chart.at is not None
    assert f"{chart.at[0]:g},{chart.at[1]:g}" in chart.line
