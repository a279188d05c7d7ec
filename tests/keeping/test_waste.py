import time
from pathlib import Path

from ymir.keeping import waste

LATER = time.time() + 30 * 86_400  # a run of all tests is over by then


def test_jobs_that_ended_and_wait_for_nothing_go_when_they_are_old(tmp_path):
    jobs = tmp_path / ".ymir" / "jobs"
    for name in ("ended", "running", "done", "never-begun"):
        attempt = jobs / name / "attempts" / "1"
        if name != "never-begun":
            attempt.mkdir(parents=True)
        if name in ("ended", "done"):
            (attempt / "exit.json").write_text('{"how": "exit", "code": 1}')
    (jobs / "done" / "out").mkdir()
    (jobs / "never-begun").mkdir()
    arrival = tmp_path / ".ymir" / "arrivals" / "big.zip.part"
    arrival.parent.mkdir()
    arrival.write_bytes(b"123")
    assert list(waste.old_jobs(tmp_path, time.time() - 3600)) == []
    old = list(waste.old_jobs(tmp_path, LATER))
    assert {each.path.name for each in old} == {"ended", "never-begun", "big.zip.part"}
    waste.remove(old)
    assert {each.name for each in jobs.iterdir()} == {"running", "done"}


def test_listings_go_before_the_files_they_list(tmp_path):
    """A listing that stays behind would tell DVC that its files are there."""
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path in paths:
        path.touch()
    kinds = ("object", "listing", "object")
    removed: list[list[Path]] = []
    waste.remove(
        [waste.Waste(path, kind, 0) for path, kind in zip(paths, kinds, strict=True)],
        lambda _: removed.append([each for each in paths if not each.exists()]),
    )
    assert removed[0] == [paths[1]]
    assert removed[-1] == paths


def test_other_files_in_a_cache_are_nobodys_business(tmp_path):
    cache = tmp_path / "md5"
    (cache / "ab").mkdir(parents=True)
    (cache / "ab" / "README").touch()
    (cache / "notes").touch()
    assert list(waste.loose_objects(cache, (), LATER)) == []
