"""Counts, bytes and times as people read them."""

import pytest

from ymir.cli.sizes import count_of, size_of
from ymir.cli.words import duration


@pytest.mark.parametrize(
    ("size", "said"),
    [(17, "17 bytes"), (1200, "1.2 KB"), (3_400_000, "3.4 MB"), (5_600_000_000_000, "5.6 TB")],
)
def test_bytes_have_the_unit_that_fits(size: int, said: str) -> None:
    assert size_of(size) == said


def test_counts_are_grouped_by_thousands() -> None:
    assert [count_of(each) for each in (7, 1234567, "?")] == ["7", "1,234,567", "?"]


@pytest.mark.parametrize(("seconds", "said"), [(8.6, "9 s"), (65, "1:05"), (7384, "2:03:04")])
def test_times_are_read_as_on_a_clock(seconds: float, said: str) -> None:
    assert duration(seconds) == said
