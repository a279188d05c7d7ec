import os
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.engine.usage import Watch, written
from ymir.spec.executor import Resources


def limited(folder: Path, disk: str) -> Job:
    return Job("job", (), folder, image="i", resources=Resources(disk=disk))


def test_all_that_takes_room_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x").write_bytes(b"x" * (1 << 20))
    (tmp_path / "loop").symlink_to(tmp_path)
    assert 1 << 20 <= written(tmp_path) < 2 << 20


def test_holes_take_no_room(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    assert written(tmp_path) < 1 << 20


def test_what_is_gone_counts_nothing(tmp_path: Path) -> None:
    assert written(tmp_path / "gone") == 0


def test_a_limit_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(os.urandom(2 << 20))
    assert Watch().excess(limited(tmp_path, "1m"), tmp_path) == (
        "wrote more to `out` than its limit `disk: 1m`"
    )
    assert Watch().excess(limited(tmp_path, "9m"), tmp_path) is None


def test_looks_are_few(tmp_path: Path) -> None:
    watch, each = Watch(), limited(tmp_path, "1m")
    assert watch.excess(each, tmp_path) is None
    (tmp_path / "x").write_bytes(os.urandom(2 << 20))
    assert watch.excess(each, tmp_path) is None
