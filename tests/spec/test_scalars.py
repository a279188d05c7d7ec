"""What unquoted words mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.spec.scalars import Scalar, Unclear, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("yess", "yess"),
        ("n", "n"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1.2.3", "1.2.3"),
        ("ymir/v1", "ymir/v1"),
        ("16g", "16g"),
        ("٣", "٣"),
    ],
)
def test_a_plain_word_has_the_value_that_people_see(text: str, value: Scalar) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "No", "ON", "off"),
        *("012", "-012", "00", "0x1F", "0o17", "0b1", "1_000", "012.5", "1_0.5"),
        *(".inf", "-.INF", ".nan", "1e999", "9" * 41),
    ],
)
def test_a_word_that_programs_read_differently_is_unclear(text: str) -> None:
    assert isinstance(scalar(text), Unclear)


@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_is_written(number: float) -> None:
    assert scalar(repr(number)) == number


@given(st.text())
def test_any_text_has_a_value(text: str) -> None:
    assert isinstance(scalar(text), str | int | float | bool | None | Unclear)
