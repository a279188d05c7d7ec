"""Folders of jobs do not pile up: those of stages that were recorded long ago go."""

import os
from pathlib import Path

from ymir.jobs.old import forget

KEPT = 5


def folders(jobs: Path, count: int) -> list[str]:
    """Folders of jobs with a log in each, the last one the newest."""
    names = [f"p-r{number}-train-{number:012x}" for number in range(count)]
    for age, name in enumerate(names):
        (jobs / name / "attempts" / "1").mkdir(parents=True)
        (jobs / name / "attempts" / "1" / "log.txt").write_text("said")
        os.utime(jobs / name, (age, age))
    return names


def test_the_newest_of_recorded_stages_stay(tmp_path: Path) -> None:
    names = folders(tmp_path, 2 * KEPT + 1)
    forget(tmp_path, lambda: names, kept=KEPT)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names[-KEPT:])


def test_what_is_not_recorded_stays_however_old(tmp_path: Path) -> None:
    names = folders(tmp_path, 4 * KEPT)
    forget(tmp_path, lambda: names[3:], kept=KEPT)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([*names[:3], *names[-KEPT:]])


def test_nothing_is_asked_while_there_are_few(tmp_path: Path) -> None:
    names = folders(tmp_path, 2 * KEPT)
    forget(tmp_path, lambda: 1 / 0, kept=KEPT)
    assert len(list(tmp_path.iterdir())) == len(names)


def test_there_may_be_no_jobs_at_all(tmp_path: Path) -> None:
    forget(tmp_path / "jobs", lambda: 1 / 0, kept=KEPT)
    assert not (tmp_path / "jobs").exists()
