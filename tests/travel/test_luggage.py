from pathlib import Path

import pytest

from tests.travel.jobs import finished, job, stopped
from ymir.contracts.attempt import attempts, equip
from ymir.travel.luggage import contents, has_arrived, note_arrival, put, share


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """The folder of a stage with one job."""
    return job(tmp_path / "p-r1-train-0")


def laid_out(folder: Path, files: dict[str, Path]) -> Path:
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(source.read_bytes())
    return folder


def test_a_stage_without_a_checkpoint_has_no_luggage(stage: Path) -> None:
    assert contents(stage) == {}
    (stage / "attempts" / "1" / "out" / "models").mkdir(parents=True)
    (stage / "attempts" / "1" / "out" / "models" / "half.pt").write_text("not worth it")
    assert contents(stage) == {}
    assert share(stage) is None


def test_the_newest_attempt_that_has_one_gives_its_checkpoint(stage: Path) -> None:
    stopped(stage, "older", 0.2)
    stopped(stage, "newer", 0.4)
    (stage / "attempts" / "3" / "out").mkdir(parents=True)  # ended before it made one
    assert {name: path.read_text() for name, path in contents(stage).items()} == {
        "checkpoint/training.pt": "newer"
    }
    assert share(stage) == 0.4


def test_what_finished_jobs_of_a_stage_made_travels_with_the_others_checkpoints(
    tmp_path: Path,
) -> None:
    stage = tmp_path / "p-r1-prove-0"
    finished(job(stage / "native"))
    stopped(job(stage / "onnx"))
    files = contents(stage)
    assert set(files) == {"native/out/result.json", "onnx/checkpoint/training.pt"}
    luggage = laid_out(tmp_path / "luggage", files)
    there = tmp_path / "there"
    put([there / "native", there / "onnx"], there, luggage, files)
    assert (there / "native" / "out" / "result.json").read_text() == "result"
    assert not (there / "native" / "attempts").exists()
    assert [each.ending.how for each in attempts(there / "onnx") if each.ending] == ["stopped"]


def test_a_checkpoint_that_came_is_what_the_next_attempt_begins_with(
    stage: Path, tmp_path: Path
) -> None:
    stopped(stage, "half")
    luggage = laid_out(tmp_path / "luggage", contents(stage))
    (luggage / "checkpoint" / "training.pt").chmod(0o444)  # as DVC keeps it
    there = tmp_path / "there"
    put([there], there, luggage, ["checkpoint/training.pt"])
    second = attempts(there)[0].folder.with_name("2")
    equip(type(attempts(there)[0])(second), there)
    inherited = second / "out" / "checkpoint" / "training.pt"
    assert inherited.read_text() == "half"
    inherited.write_text("an executor may write it in place")


def test_what_came_comes_after_what_was_here(stage: Path, tmp_path: Path) -> None:
    stopped(stage, "theirs")
    luggage = laid_out(tmp_path / "luggage", contents(stage))
    here = job(tmp_path / "here")
    stopped(here, "ours", 0.1)
    put([here], here, luggage, ["checkpoint/training.pt"])
    assert [each.number for each in attempts(here)] == [1, 2]
    assert contents(here)["checkpoint/training.pt"].read_text() == "theirs"


def test_a_job_that_is_finished_stays_as_it_is(stage: Path, tmp_path: Path) -> None:
    stopped(stage)
    luggage = laid_out(tmp_path / "luggage", contents(stage))
    done = finished(job(tmp_path / "done"))
    put([done], done, luggage, ["checkpoint/training.pt"])
    assert not (done / "attempts").exists()


def test_links_that_lead_out_of_the_job_stay_behind(stage: Path, tmp_path: Path) -> None:
    attempt = stopped(stage)
    secret = tmp_path / "id_rsa"
    secret.write_text("hush")
    (attempt.out / "checkpoint" / "key").symlink_to(secret)
    (attempt.out / "checkpoint" / "home").symlink_to(tmp_path)
    (attempt.out / "checkpoint" / "last.pt").symlink_to("training.pt")
    (attempt.out / "checkpoint-extra").symlink_to(secret)
    assert set(contents(stage)) == {"checkpoint/training.pt", "checkpoint/last.pt"}


def test_a_listing_cannot_put_files_where_no_job_looks(tmp_path: Path) -> None:
    luggage = tmp_path / "luggage"
    names = ("in/config.yaml", "job.json", "other/checkpoint/x", "attempts/7/exit.json")
    laid_out(luggage, {})
    for name in names:
        (luggage / name).parent.mkdir(parents=True, exist_ok=True)
        (luggage / name).write_text("theirs")
    there = tmp_path / "there"
    put([there], there, luggage, names)
    assert not there.exists()


def test_what_arrived_is_remembered(stage: Path) -> None:
    assert not has_arrived(stage, "a" * 32)
    note_arrival(stage, "a" * 32)
    assert has_arrived(stage, "a" * 32)
    assert not has_arrived(stage, "b" * 32)
    (stage / "arrived.json").write_text("[")
    assert not has_arrived(stage, "a" * 32)
