"""A loop of two rounds is killed at its effects: the second round, to its end."""

from pathlib import Path

import pytest

from tests.faults.loop import complaints

ROUND = range(13, 20)


@pytest.mark.parametrize("part", ROUND)
def test_a_run_killed_in_its_second_round_goes_on_as_if_nothing_had_been(
    part: int, tmp_path: Path
) -> None:
    assert complaints(part, tmp_path) == []
