"""A whole loop on a real disk that is full, out of inodes or read-only: one line, and then on."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.short import SHORT
from tests.loop.test_faults import digests_of_versions
from tests.stores.test_crash import fills_a_disk
from tests.workspaces import Workspace, copied, unproven

pytestmark = fills_a_disk
ROOMY = "size=128m,nr_inodes=100k"
ENDED = 4  # one round, and no goal met
SAID = {
    "full": re.compile("No space left on device|make room on the disk|is nearly full"),
    "ro": re.compile("Read-only file system"),
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace before its first apply."""
    return unproven(tmp_path_factory.mktemp("fresh") / "pets", **SHORT)


@pytest.fixture(scope="module")
def expected(fresh: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed one comes to."""
    calm = copied(fresh, tmp_path_factory.mktemp("calm") / "pets")
    assert calm.ymir("apply").returncode == ENDED
    return digests_of_versions(calm)


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", ROOMY, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def rest(folder: Path, what: str, free: int) -> str:
    """The option that leaves so many KiB, or so many inodes."""
    if what == "nr_inodes":
        return f"nr_inodes={sum(1 for _ in folder.rglob('*')) + free}"
    taken = shutil.disk_usage(folder).used >> 10
    return f"size={taken + free}k"


@pytest.mark.parametrize(
    ("what", "free"),
    [
        *(("size", 150), ("size", 210), ("size", 400), ("size", 800)),
        *(("nr_inodes", 40), ("nr_inodes", 300), ("nr_inodes", 480)),
        ("ro", 0),
    ],
)
def test_a_loop_on_it_ends_in_words_and_goes_on_where_there_is_room(
    fresh: Workspace, expected: dict[str, str], tmp_path: Path, what: str, free: int
) -> None:
    with disk(tmp_path / "disk") as small:
        workspace = copied(fresh, small / "pets")
        remount(small, "ro" if what == "ro" else rest(small, what, free))
        failed = workspace.ymir("apply")
        said = failed.stdout + failed.stderr
        assert failed.returncode == 1, said
        assert SAID["ro" if what == "ro" else "full"].search(said), said
        assert "Traceback" not in said, said
        remount(small, f"rw,{ROOMY}")
        done = workspace.ymir("apply", "--retry")
        assert done.returncode == ENDED, done.stdout + done.stderr
        assert digests_of_versions(workspace) == expected
        assert workspace.run("git", "status", "--porcelain") == ""
