"""The kernel tells of changes in the folders that are watched, whatever becomes of these."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.components import needs
from tests.watching.loops import run
from tests.workspaces import ENVIRONMENT
from ymir.watching.eyes import Told
from ymir.watching.reasons import Files
from ymir.watching.repository import git_folder, is_writing, under_way
from ymir.watching.stamps import folders, stamps

PATIENCE = 30
NO_WATCHES = "echo 0 > /proc/sys/user/max_inotify_instances && exec {command}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    (tmp_path / "specs" / "a.yaml").write_text("a")
    (tmp_path / "labels").mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def wakes(root: Path, change: Callable[[], None], seconds: float = PATIENCE) -> bool:
    """Whether a change is a reason to look."""

    async def heard() -> bool:
        said: list[str] = []
        eyes = Told(lambda: folders(root), said.append)
        git = git_folder(root)
        files = Files(lambda: stamps(root), "files have changed", eyes, lambda: is_writing(git))
        waiting = asyncio.ensure_future(files.comes())
        try:
            await asyncio.sleep(0.5)
            assert not waiting.done(), "nothing has changed yet"
            change()
            done, _ = await asyncio.wait([waiting], timeout=seconds)
            assert said == []
            return bool(done)
        finally:
            waiting.cancel()
            eyes.close()

    return run(heard())


def test_a_save_by_rename_and_a_new_file_deep_down_are_heard(root: Path) -> None:
    def rename() -> None:
        (root / "specs" / ".a.yaml.swp").write_text("b")
        (root / "specs" / ".a.yaml.swp").replace(root / "specs" / "a.yaml")

    assert wakes(root, rename)
    assert wakes(root, lambda: _write(root / "specs" / "deep" / "b.yaml", "b"))


def test_what_ymir_writes_itself_and_what_is_no_spec_wakes_nobody(root: Path) -> None:
    def write() -> None:
        for name in (".ymir/events.jsonl", "data/a.dvc", "reports/r.json", "specs/notes.txt"):
            _write(root / name, "x")
        _write(root / "labels" / "pets-r1" / "images" / "1.png", "x")

    assert not wakes(root, write, seconds=2)


def test_a_folder_that_goes_and_comes_back_is_watched_again(root: Path) -> None:
    assert wakes(root, lambda: shutil.move(root / "specs", root / "away"))
    assert wakes(root, lambda: shutil.move(root / "away", root / "specs"))

    def twice() -> None:
        shutil.rmtree(root / "specs")
        _write(root / "specs" / "new.yaml", "x")

    assert wakes(root, twice)
    assert wakes(root, lambda: _write(root / "specs" / "new.yaml", "y"))


def test_specs_that_are_a_link_are_watched_where_they_lie(root: Path) -> None:
    shutil.move(root / "specs", root / "real")
    (root / "specs").symlink_to("real")
    assert wakes(root, lambda: _write(root / "real" / "a.yaml", "other"))

    def turn() -> None:
        shutil.copytree(root / "real", root / "other")
        (root / "next").symlink_to("other")
        (root / "next").replace(root / "specs")

    assert wakes(root, turn)


def test_an_answer_in_a_new_batch_and_a_commit_are_heard(root: Path) -> None:
    assert wakes(root, lambda: _write(root / "labels" / "r1" / "annotations" / "1.xml", "x"))

    def commit() -> None:
        words = ("commit", "--quiet", "--allow-empty", "-m", "x")
        subprocess.run(["git", *words], cwd=root, check=True, env=ENVIRONMENT)

    assert wakes(root, commit)


def test_a_checkout_is_waited_for_until_git_has_written_all_of_it(root: Path) -> None:
    lock = root / ".git" / "index.lock"

    def begin() -> None:
        lock.touch()
        _write(root / "specs" / "b.yaml", "b")

    assert not wakes(root, begin, seconds=3)
    assert wakes(root, lambda: (_write(root / "specs" / "c.yaml", "c"), lock.unlink()))


def test_what_people_have_under_way_in_git_is_known_by_its_name(root: Path) -> None:
    git = git_folder(root)
    assert under_way(git) is None
    (root / ".git" / "rebase-merge").mkdir()
    assert under_way(git) == "a rebase"
    assert under_way(None) is None


def test_the_git_folder_of_a_work_tree_of_its_own_is_found(root: Path) -> None:
    words = ("commit", "--quiet", "--allow-empty", "-m", "x")
    subprocess.run(["git", *words], cwd=root, check=True, env=ENVIRONMENT)
    subprocess.run(["git", "worktree", "add", "--quiet", "other"], cwd=root, check=True)
    (root / "other" / "deep").mkdir()
    assert git_folder(root / "other" / "deep") == root / ".git" / "worktrees" / "other"


def _may_limit() -> bool:
    command = ["unshare", "-Ur", "sh", "-c", NO_WATCHES.format(command="true")]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@needs("unshare", _may_limit(), "a user namespace in which limits may be set")
def test_where_the_kernel_watches_no_more_the_files_are_looked_at_and_that_is_said(
    root: Path,
) -> None:
    program = """if True:
        import asyncio, sys
        from pathlib import Path
        from ymir.watching.eyes import Told
        from ymir.watching.reasons import Files
        from ymir.watching.stamps import folders, stamps
        root = Path(sys.argv[1])
        async def main():
            files = Files(lambda: stamps(root), "heard", Told(lambda: folders(root), print))
            asyncio.get_running_loop().call_later(1, (root / "specs" / "a.yaml").write_text, "z")
            print(await files.comes())
        asyncio.run(main())
    """
    inner = f"{sys.executable} -c '{program}' {root}"
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", NO_WATCHES.format(command=inner)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    first, last = done.stdout.splitlines() or (done.stderr, "")
    assert "looked at every second; `fs.inotify.max_user_instances` raises its limit" in first
    assert last == "heard"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
