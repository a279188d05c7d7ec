import shutil
from pathlib import Path

import pytest

from tests.dvc.real import run_git
from tests.travel.jobs import finished, job, stopped
from ymir.contracts.attempt import attempts
from ymir.dvc import objects, pointer, project, remote
from ymir.dvc.tracked import is_whole, restore
from ymir.errors import StoreError
from ymir.travel.checkpoints import Arrival, Checkpoints, Packed

NAME = "p-r1-train-0"
STAGE = "p/r1/train"
POINTER = f"data/checkpoints/{NAME}.dvc"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A workspace with a job of a stage that was stopped in the middle."""
    project.prepare(tmp_path / "here", str(tmp_path / "storage"))
    run_git(tmp_path / "here", "init", "-q")
    stopped(job(folder(tmp_path / "here")))
    return tmp_path / "here"


def folder(workspace: Path) -> Path:
    return workspace / ".ymir" / "jobs" / NAME


def cloned(workspace: Path, name: str = "there", storage: str | None = "storage") -> Path:
    """What git brings to another machine."""
    clone = workspace.with_name(name)
    project.prepare(clone, str(workspace.with_name(storage)) if storage else None)
    run_git(clone, "init", "-q")
    (clone / POINTER).parent.mkdir(parents=True, exist_ok=True)
    if (workspace / POINTER).exists():
        shutil.copy(workspace / POINTER, clone / POINTER)
    job(folder(clone))
    return clone


def state(workspace: Path) -> list[str]:
    """The checkpoints that a workspace's job has, oldest first."""
    return [
        (each.out / "checkpoint" / "training.pt").read_text()
        for each in attempts(folder(workspace))
    ]


def pack(workspace: Path) -> Packed | None:
    return Checkpoints(workspace).pack(STAGE, folder(workspace))


def unpack(workspace: Path) -> Arrival | None:
    return Checkpoints(workspace).unpack(folder(workspace), [folder(workspace)])


def test_a_checkpoint_goes_to_another_machine_and_back(here: Path) -> None:
    assert pack(here) == Packed(0.5, is_new=True)
    assert remote.push(here) == 2
    there = cloned(here)
    assert unpack(there) == Arrival(0.5)
    assert state(there) == ["half"]
    assert unpack(there) is None
    stopped(folder(there), "nearly", 0.9)
    assert pack(there) == Packed(0.9, is_new=True)
    remote.push(there)
    shutil.copy(there / POINTER, here / POINTER)
    assert unpack(here) == Arrival(0.9)
    assert state(here) == ["half", "nearly"]


def test_the_pointer_says_whose_it_is_and_dvc_finds_it_laid_out(here: Path) -> None:
    pack(here)
    assert pointer.read(here / POINTER).meta == {"ymir": {"stage": STAGE, "share": 0.5}}
    laid_out = (here / POINTER).with_suffix("")
    assert (laid_out / "checkpoint" / "training.pt").read_text() == "half"
    shutil.rmtree(laid_out)
    restore(here)
    assert (laid_out / "checkpoint" / "training.pt").read_text() == "half"


def test_packing_again_stores_nothing_new_and_unpacks_nothing(here: Path) -> None:
    pack(here)
    assert pack(here) == Packed(0.5, is_new=False)
    assert unpack(here) is None
    assert state(here) == ["half"]


def test_what_is_packed_stays_the_executors_own(here: Path) -> None:
    pack(here)
    own = attempts(folder(here))[0].out / "checkpoint" / "training.pt"
    own.write_text("written again in place")
    assert ((here / POINTER).with_suffix("") / "checkpoint" / "training.pt").read_text() == "half"


def test_a_stage_that_left_nothing_has_no_pointer(here: Path) -> None:
    shutil.rmtree(folder(here) / "attempts")
    assert pack(here) is None
    assert unpack(here) is None
    assert not (here / POINTER).exists()


def test_how_far_it_is_stays_known_when_the_next_attempt_had_nothing_to_say(here: Path) -> None:
    pack(here)
    remote.push(here)
    there = cloned(here)
    unpack(there)
    stopped(folder(there), "half", None)
    assert pack(there) == Packed(0.5, is_new=False)


def test_a_machine_that_got_further_by_itself_goes_on_from_there(here: Path) -> None:
    pack(here)
    remote.push(here)
    there = cloned(here)
    stopped(folder(there), "further", 0.7)
    assert unpack(there) is None
    assert state(there) == ["further"]


def test_a_job_that_is_done_takes_nothing_over(here: Path) -> None:
    pack(here)
    remote.push(here)
    there = cloned(here)
    finished(folder(there))
    unpack(there)
    assert not attempts(folder(there))


def test_without_a_remote_the_other_machine_begins_again_and_says_why(here: Path) -> None:
    pack(here)
    there = cloned(here, storage=None)
    assert unpack(there) == Arrival(0.5, "this workspace has no remote to fetch it from")
    assert state(there) == []


def test_what_was_never_pushed_is_begun_again(here: Path) -> None:
    pack(here)
    (here.parent / "storage").mkdir()
    assert unpack(cloned(here)) == Arrival(0.5, "the remote does not have it")


def test_a_checkpoint_that_was_never_pushed_hinders_nobody(here: Path) -> None:
    pack(here)
    there = cloned(here)
    assert is_whole(there, "")
    assert remote.pull(there) == 0
    assert remote.push(there) == 0


def test_one_comes_with_the_run_that_goes_on_not_with_every_pull(here: Path) -> None:
    pack(here)
    remote.push(here)
    there = cloned(here)
    assert remote.pull(there) == 0
    assert unpack(there) == Arrival(0.5)


def test_files_that_a_listing_puts_elsewhere_are_refused(here: Path) -> None:
    pack(here)
    there = cloned(here)
    cache = project.cache_of(there)
    evil = objects.place_bytes(
        cache, b'[{"md5": "' + b"a" * 32 + b'", "relpath": "../../x"}]', suffix=".dir"
    )
    text = (there / POINTER).read_text()
    (there / POINTER).write_text(text.replace(pointer.read(there / POINTER).digest, evil))
    with pytest.raises(StoreError, match="names files outside the folder"):
        unpack(there)


def test_a_recorded_stage_lets_go_of_its_checkpoints_whatever_the_recipe(here: Path) -> None:
    other = folder(here).with_name("p-r1-train-1")
    stopped(job(other))
    pack(here)
    Checkpoints(here).pack(STAGE, other)
    Checkpoints(here).pack("p/r2/train", job_of(here, "p-r2-train-0"))
    Checkpoints(here).drop(STAGE)
    kept = sorted(path.name for path in (here / "data" / "checkpoints").iterdir())
    assert kept == ["p-r2-train-0", "p-r2-train-0.dvc"]


def test_what_nothing_waits_for_is_swept(here: Path) -> None:
    pack(here)
    checkpoints = Checkpoints(here)
    assert not checkpoints.sweep({STAGE: NAME})
    assert not checkpoints.sweep({STAGE: None}), "its recipe is not decided yet"
    assert checkpoints.sweep({STAGE: "p-r1-train-1"})
    assert not (here / POINTER).exists()
    pack(here)
    assert checkpoints.sweep({})
    assert not checkpoints.sweep({})


def job_of(workspace: Path, name: str) -> Path:
    found = job(workspace / ".ymir" / "jobs" / name)
    stopped(found)
    return found
