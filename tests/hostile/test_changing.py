"""A source that changes while it is read, a disk that fills, a run that is killed."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostile.importing import (
    SIZE,
    apply,
    assert_complete,
    assert_untouched,
    begin,
    cats,
    temporary,
    versions,
)
from tests.media.pictures import picture, put
from tests.stores.test_crash import fills_a_disk
from tests.workspaces import ENVIRONMENT, YMIR, Workspace

MANY, KILLS = 400, 8


@contextmanager
def meanwhile(do: Callable[[], None]) -> Iterator[None]:
    """Do something again and again beside what happens inside."""
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.is_set():
            do()
            time.sleep(0.001)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def swap(path: Path) -> None:
    """Another sound file under the same name, whole at every moment."""
    seed = random.randrange(1 << 30)
    fresh = put(path.with_name(f".{path.name}.new"), picture(seed, SIZE))
    fresh.replace(path)


def tear(path: Path) -> None:
    """Written from the beginning, so that a reader may see any part of it."""
    path.write_bytes(picture(random.randrange(1 << 30), SIZE))


def vanish(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    time.sleep(0.001)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("JPEGImages/200.jpg", grow),
        ("JPEGImages/200.jpg", swap),
        ("JPEGImages/200.jpg", tear),
        ("JPEGImages/200.jpg", vanish),
        ("Annotations/200.xml", grow),
        ("Annotations/200.xml", vanish),
    ],
)
def test_what_changes_while_it_is_read_is_whole_or_named(workspace, name, change):
    raw = cats(workspace.root / "raw", MANY)
    with meanwhile(lambda: change(raw / name)):
        done = apply(workspace)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    if done.returncode:
        assert "changed" in said or "/200." in said
        assert_untouched(workspace)
    else:
        assert_sound(workspace)
        assert_complete(workspace, images=MANY)


def assert_sound(workspace: Workspace) -> None:
    """Every object is what its name says, and every image of the version is stored."""
    checked = workspace.ymir("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_files_that_come_while_it_reads_wait_for_the_next_run(workspace):
    raw = cats(workspace.root / "raw", MANY)
    numbers = iter(range(MANY, 10 * MANY))
    with meanwhile(lambda: cats(raw, 1, next(numbers)) and None):
        done = apply(workspace)
    assert "Traceback" not in done.stdout + done.stderr
    if done.returncode == 1:
        assert_untouched(workspace)
    assert apply(workspace).returncode == 0
    assert workspace.run("git", "status", "--porcelain") == ""


def test_a_folder_that_goes_away_meanwhile_is_an_error_in_words(workspace):
    raw = cats(workspace.root / "raw", MANY)
    with start(workspace) as run:
        time.sleep(0.35)
        raw.rename(workspace.root.parent / "gone")
        said = run.communicate(timeout=60)[0]
    assert "Traceback" not in said
    if run.returncode == 1:
        assert_untouched(workspace)


def start(workspace: Workspace) -> subprocess.Popen[str]:
    """`ymir apply` in a process group of its own."""
    return subprocess.Popen(
        [*YMIR, "apply"],
        cwd=workspace.root,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_killed_at_any_moment_nothing_is_left_and_the_next_run_is_complete(workspace, tmp_path):
    cats(workspace.root / "raw", MANY)
    calm = begin(tmp_path / "calm")
    cats(calm.root / "raw", MANY)
    before = time.monotonic()
    assert apply(calm).returncode == 0
    whole = time.monotonic() - before
    chance = random.Random(3)
    for _ in range(KILLS):
        with start(workspace) as run:
            try:
                run.wait(chance.uniform(0.15, 0.95) * whole)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
        assert_killed_cleanly(workspace)
    assert apply(workspace).returncode == 0
    cleared = workspace.ymir("gc", "--grace", "0", "--yes")  # what was half-written when it died
    assert cleared.returncode == 0, cleared.stderr
    assert_complete(workspace, images=MANY)
    assert workspace.ymir("plan").returncode == 0
    assert digest(workspace) == digest(calm)


def assert_killed_cleanly(workspace: Workspace) -> None:
    """What is recorded is whole; git shows nothing but ymir's own files that wait for a commit."""
    lines = workspace.run("git", "status", "--porcelain").splitlines()
    ours = ("data/", "media/", "reports/", ".dvc", ".gitignore")
    assert all(line[3:].startswith(ours) for line in lines), lines
    if "v1.dvc" in versions(workspace):
        assert_sound(workspace)


def digest(workspace: Workspace) -> str:
    """What the version is, wherever it was made."""
    record = workspace.root / "data" / "datasets" / "pets" / "v1.dvc"
    return next(line for line in record.read_text().splitlines() if "md5:" in line)


@fills_a_disk
@pytest.mark.parametrize("room", [80, 400, 1000])
def test_a_disk_that_fills_is_explained_and_the_next_run_goes_on(workspace, tmp_path, room):
    raw = cats(tmp_path / "raw", MANY)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]
    subprocess.run(mount, check=True)
    try:
        moved = disk / "ws"
        subprocess.run(["cp", "-a", workspace.root, moved], check=True)
        subprocess.run(["cp", "-a", raw, moved / "raw"], check=True)
        used = int(subprocess.check_output(["du", "-sk", disk]).split()[0])
        resized = ["mount", "-o", f"remount,size={used + room}k", disk]
        subprocess.run(resized, check=True)
        small = Workspace(moved)
        done = apply(small)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == 1
        assert "No space left on device" in said
        assert "make room" in said
        assert not versions(small)
        assert not temporary(small)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert apply(small).returncode == 0
        assert_complete(small, images=MANY)
    finally:
        subprocess.run(["umount", disk], check=True)
