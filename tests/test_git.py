import subprocess
from pathlib import Path

import pytest

from ymir import git
from ymir.dvc.project import OWN
from ymir.errors import StoreError

TRAILERS = {"Ymir-Project": "helmet", "Ymir-Round": "3", "Ymir-Stage": "train"}


@pytest.fixture(autouse=True)
def _identity(monkeypatch, tmp_path_factory):
    config = tmp_path_factory.mktemp("home") / "gitconfig"
    config.write_text("[user]\n  name = Ann\n  email = ann@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def workspace(tmp_path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    git.init(folder)
    return folder


def test_a_plain_folder_becomes_a_repository_once(tmp_path):
    assert not git.is_repository(tmp_path)
    git.init(tmp_path)
    assert git.is_repository(tmp_path)
    (tmp_path / "inside").mkdir()
    git.init(tmp_path / "inside")
    assert not (tmp_path / "inside" / ".git").exists()


def test_a_commit_holds_only_the_given_files(workspace):
    _commit_all(workspace, _write(workspace, "notes.md", "old"))
    _write(workspace, "notes.md", "new")
    _write(workspace, "staged.md")
    _run(workspace, "add", "notes.md", "staged.md")
    _write(workspace, "lying-about.md")
    commit = git.commit(
        workspace, [_write(workspace, "data/rounds/helmet/3.dvc")], "Train helmet/r3", TRAILERS
    )
    assert commit == git.head(workspace)
    assert _run(workspace, "show", "--name-only", "--format=", "HEAD").split() == [
        "data/rounds/helmet/3.dvc"
    ]
    assert _run(workspace, "diff", "--cached", "--name-only").split() == ["notes.md", "staged.md"]


def test_the_first_commit_may_be_ours(workspace):
    _write(workspace, "staged.md")
    _run(workspace, "add", "staged.md")
    assert git.head(workspace) is None
    assert git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})
    assert _run(workspace, "ls-tree", "--name-only", "HEAD").split() == ["a.dvc"]


def test_trailers_can_be_read_back(workspace):
    git.commit(workspace, [_write(workspace, "a.dvc")], "Train helmet/r3", TRAILERS)
    assert _run(workspace, "log", "-1", "--format=%s").strip() == "Train helmet/r3"
    read = _run(workspace, "log", "-1", "--format=%(trailers:key=Ymir-Round,valueonly)")
    assert read.strip() == "3"


def test_unchanged_files_make_no_commit(workspace):
    path = _write(workspace, "a.dvc")
    git.commit(workspace, [path], "Import a", {})
    assert git.commit(workspace, [path, workspace / "never.dvc"], "Import a", {}) is None
    assert git.commit(workspace, [], "Nothing", {}) is None


def test_a_deleted_file_can_be_committed(workspace):
    path = _write(workspace, "a.dvc")
    git.commit(workspace, [path], "Import a", {})
    path.unlink()
    assert git.commit(workspace, [path], "Drop a", {})
    assert _run(workspace, "ls-files") == ""


def test_folders_and_odd_names_are_committed_as_they_are(workspace):
    paths = [_write(workspace, name) for name in ("r/é *.dvc", "r/[b] c.dvc", "r/plain.dvc")]
    _write(workspace, "other.dvc")
    assert set(git.uncommitted(workspace, [workspace / "r"])) == set(paths)
    git.commit(workspace, [workspace / "r"], "Report", {})
    assert git.uncommitted(workspace, [workspace / "r"]) == ()


def test_a_workspace_may_lie_inside_a_repository(workspace):
    inside = workspace / "site"
    path = _write(inside, "data/datasets/x/v1.dvc")
    assert git.pending(inside, OWN) == (path,)
    assert git.commit(inside, [path], "Import x", {})
    assert git.pending(inside, OWN) == ()


def test_pending_files_are_ymirs_own(workspace):
    own = {
        _write(workspace, name)
        for name in (
            "data/datasets/x/v1.dvc",
            "media/pool/x-1.dvc",
            "reports/helmet/metrics.json",
            "reports/dvc.yaml",
            ".dvc/config",
            ".gitignore",
            "data/.gitignore",
        )
    }
    _write(workspace, "specs/helmet.yaml")
    _write(workspace, "raw/train.dvc")
    _write(workspace, "data/mine.dvc")
    _write(workspace, "reports/notes.md")
    _run(workspace, "add", "reports")
    assert set(git.pending(workspace, OWN)) == own


def test_a_record_that_somebody_deleted_is_not_pending(workspace):
    record = _write(workspace, "data/rounds/helmet/2.dvc")
    _commit_all(workspace, record)
    record.unlink()
    assert git.pending(workspace, OWN) == ()


def test_the_committed_text_of_a_file_is_known(workspace):
    assert git.committed(workspace, ".gitignore") == ""
    _commit_all(workspace, _write(workspace, ".gitignore", "old\n"))
    _write(workspace, ".gitignore", "new\n")
    assert git.committed(workspace, ".gitignore") == "old\n"


def test_the_files_of_the_newest_commit_are_known(workspace):
    assert git.newest_files(workspace) == ()
    git.commit(workspace, [_write(workspace, "data/ä b.dvc")], "Import", {})
    assert git.newest_files(workspace) == ("data/ä b.dvc",)
    inside = workspace / "data"
    assert git.newest_files(inside) == ("ä b.dvc",)


def test_a_hook_that_refuses_is_quoted_and_nothing_stays_staged(workspace):
    _commit_all(workspace, _write(workspace, "notes.md"))
    hook = _write(
        workspace, ".git/hooks/pre-commit", "#!/bin/sh\necho no dvc files here >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    with pytest.raises(StoreError, match="no dvc files here") as caught:
        git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})
    assert "--no-commit" in str(caught.value.hint)
    assert _run(workspace, "diff", "--cached", "--name-only") == ""


def test_a_locked_index_is_explained(workspace):
    _write(workspace, ".git/index.lock")
    with pytest.raises(StoreError) as caught:
        git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})
    assert "index.lock': File exists" in str(caught.value)
    assert "another git command" in str(caught.value.hint)


def test_where_git_knows_nobody_ymir_commits_under_its_own_name(workspace, monkeypatch):
    git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    _run(workspace, "config", "user.useConfigOnly", "true")
    git.commit(workspace, [_write(workspace, "b.dvc")], "Import b", {})
    assert _run(workspace, "log", "--format=%an, %cn").split("\n")[:2] == ["ymir, ymir", "Ann, Ann"]


def test_a_commit_works_from_inside_a_hook(workspace, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})


def test_a_tag_never_moves(workspace):
    git.commit(workspace, [_write(workspace, "a.dvc")], "Import a", {})
    assert not git.has_tag(workspace, "helmet/r1")
    assert git.tag(workspace, "helmet/r1")
    assert git.has_tag(workspace, "helmet/r1")
    first = git.head(workspace)
    git.commit(workspace, [_write(workspace, "b.dvc")], "Import b", {})
    assert not git.tag(workspace, "helmet/r1")
    assert _run(workspace, "rev-parse", "helmet/r1").strip() == first != git.head(workspace)


def _write(workspace: Path, name: str, text: str = "# x") -> Path:
    path = workspace / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _commit_all(workspace: Path, *paths: Path) -> None:
    _run(workspace, "add", *map(str, paths))
    _run(workspace, "commit", "-qm", "By hand")


def _run(workspace: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=workspace, check=True, capture_output=True, text=True
    ).stdout
