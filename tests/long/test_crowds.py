"""A crowd of jobs: never more at once than there are places, and nobody is left behind."""

import pytest

from tests.long.crowds import Crowded, crowd

JOBS, WORKERS = 60, 20


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Crowded:
    return crowd(tmp_path_factory.mktemp("crowd"), count=JOBS, workers=WORKERS, seconds=0.5)


def test_all_of_them_end_well(crowded: Crowded) -> None:
    assert crowded.left.is_settled
    assert crowded.programs == JOBS


def test_there_are_never_more_at_once_than_there_are_places(crowded: Crowded) -> None:
    assert 0 < crowded.at_once <= WORKERS


def test_handles_do_not_depend_on_how_many_run(crowded: Crowded) -> None:
    assert crowded.handles <= crowded.before["handles"] + 8


def test_nobody_is_left_behind(crowded: Crowded) -> None:
    assert crowded.after["processes"] == 0
    assert crowded.after["children"] <= crowded.before["children"]
    assert crowded.after["handles"] <= crowded.before["handles"] + 2
    assert crowded.after["threads"] <= crowded.before["threads"]
