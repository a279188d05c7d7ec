"""A loop of two rounds is killed at its effects: the first round, to the labels that come back."""

from pathlib import Path

import pytest

from tests.faults.loop import complaints

ROUND = range(5, 13)


@pytest.mark.parametrize("part", ROUND)
def test_a_run_killed_in_its_first_round_goes_on_as_if_nothing_had_been(
    part: int, tmp_path: Path
) -> None:
    assert complaints(part, tmp_path) == []
