"""Commits in repositories of every kind: of ymir's own files, and of nothing else."""

import subprocess
from pathlib import Path
from threading import Timer

import pytest

from ymir import git
from ymir.errors import StoreError

TRAILERS = {"Ymir-Project": "helmet", "Ymir-Round": "3", "Ymir-Stage": "train"}


@pytest.fixture(autouse=True)
def _identity(monkeypatch, tmp_path_factory):
    config = tmp_path_factory.mktemp("home") / "gitconfig"
    config.write_text(
        '[user]\n  name = Ann\n  email = ann@example.com\n[protocol "file"]\n  allow = always\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def workspace(tmp_path) -> Path:
    """A repository with one commit of people."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    git.init(folder)
    for name in ("notes.md", "old-name.md", "gone.md"):
        _write(folder, name, f"{name}\n" * 5)
    _run(folder, "add", ".")
    _run(folder, "commit", "-qm", "By hand")
    return folder


def test_nothing_that_people_have_lying_about_is_staged_or_committed(workspace):
    _write(workspace, "notes.md", "staged\n")
    _run(workspace, "add", "notes.md")
    _write(workspace, "notes.md", "staged, then edited\n")
    _run(workspace, "mv", "old-name.md", "new-name.md")
    _run(workspace, "rm", "-q", "--cached", "gone.md")
    _write(workspace, "promised.md")
    _run(workspace, "add", "--intent-to-add", "promised.md")
    _write(workspace, "untracked.md")
    before, index = _run(workspace, "status", "--porcelain"), _run(workspace, "ls-files", "-s")
    assert _commit(workspace)
    assert _files_of(workspace) == ["data/rounds/helmet/3.dvc"]
    assert _run(workspace, "status", "--porcelain") == before
    own = [line for line in _run(workspace, "ls-files", "-s").splitlines() if "data/" in line]
    assert [each for each in _run(workspace, "ls-files", "-s").splitlines() if each not in own] == (
        index.splitlines()
    )


def test_a_file_of_ours_that_somebody_staged_is_committed_as_it_lies(workspace):
    path = _write(workspace, "data/rounds/helmet/3.dvc", "# half")
    _run(workspace, "add", str(path))
    assert _commit(workspace)
    assert _run(workspace, "show", "HEAD:data/rounds/helmet/3.dvc") == "# x"
    assert _run(workspace, "status", "--porcelain") == ""


@pytest.mark.parametrize("way", ["hook", "hooks-path", "commit-msg", "signature"])
def test_where_git_refuses_nothing_stays_staged_and_the_next_try_commits(workspace, way):
    _write(workspace, "staged.md")
    _run(workspace, "add", "staged.md")
    mend = _obstruct(workspace, way)
    before = _run(workspace, "status", "--porcelain", "-uno")
    with pytest.raises(StoreError, match="`git commit` failed"):
        _commit(workspace)
    assert _run(workspace, "status", "--porcelain", "-uno") == before == "A  staged.md\n"
    mend()
    assert _commit(workspace)
    assert _files_of(workspace) == ["data/rounds/helmet/3.dvc"]


def test_a_key_that_is_missing_is_named(workspace):
    _obstruct(workspace, "signature")
    with pytest.raises(StoreError) as caught:
        _commit(workspace)
    assert "commit.gpgsign false" in str(caught.value.hint)


def test_a_round_is_tagged_where_tags_are_signed(workspace):
    _run(workspace, "config", "tag.gpgSign", "true")
    _run(workspace, "config", "gpg.program", "false")
    assert git.tag(workspace, "helmet/r1")


def test_during_a_merge_people_are_asked_to_end_it_first(workspace):
    _run(workspace, "switch", "-qc", "other")
    _write(workspace, "notes.md", "theirs\n")
    _run(workspace, "commit", "-qam", "Theirs")
    _run(workspace, "switch", "-q", "-")
    _write(workspace, "notes.md", "ours\n")
    _run(workspace, "commit", "-qam", "Ours")
    subprocess.run(["git", "merge", "other"], cwd=workspace, check=False, capture_output=True)
    before = _run(workspace, "status", "--porcelain", "-uno")
    with pytest.raises(StoreError) as caught:
        _commit(workspace)
    assert "under way" in str(caught.value.hint)
    assert _run(workspace, "status", "--porcelain", "-uno") == before
    _run(workspace, "merge", "--abort")
    assert _commit(workspace)


def test_another_git_command_is_waited_for(workspace):
    lock = _write(workspace, ".git/index.lock")
    soon = Timer(0.2, lock.unlink)
    soon.start()
    try:
        assert _commit(workspace)
    finally:
        soon.join()


def test_on_no_branch_the_commit_is_made_where_the_work_tree_stands(workspace):
    _run(workspace, "checkout", "-q", "--detach")
    branch = git.branch_here(workspace)
    assert branch is None
    made = _commit(workspace)
    assert made == _run(workspace, "rev-parse", "HEAD").strip()
    assert git.history(workspace).__next__()["stage"] == "train"


def test_a_shallow_clone_commits(workspace, tmp_path):
    _write(workspace, "notes.md", "more\n")
    _run(workspace, "commit", "-qam", "More")
    clone = tmp_path / "clone"
    _run(tmp_path, "clone", "-q", "--depth", "1", f"file://{workspace}", str(clone))
    assert git.is_shallow(clone)
    assert _commit(clone)
    assert len(list(git.history(clone))) == 2


def test_work_trees_commit_to_their_own_branches(workspace, tmp_path):
    other = tmp_path / "other"
    _run(workspace, "worktree", "add", "-q", "-b", "other", str(other))
    _write(workspace, "staged.md")
    _run(workspace, "add", "staged.md")
    assert _commit(other)
    assert _commit(workspace, "data/rounds/helmet/4.dvc")
    assert _files_of(other) == ["data/rounds/helmet/3.dvc"]
    assert _files_of(workspace) == ["data/rounds/helmet/4.dvc"]
    assert _run(workspace, "diff", "--cached", "--name-only") == "staged.md\n"


def test_a_workspace_may_be_a_submodule_and_may_have_some(workspace, tmp_path):
    outer, library = tmp_path / "outer", tmp_path / "library"
    for folder in (outer, library):
        folder.mkdir()
        git.init(folder)
    _write(library, "code.py")
    _run(library, "add", ".")
    _run(library, "commit", "-qm", "Code")
    _run(workspace, "submodule", "--quiet", "add", str(library), "library")
    _run(workspace, "commit", "-qm", "Code of others")
    _write(workspace / "library", "code.py", "edited")
    _run(outer, "submodule", "--quiet", "add", str(workspace), "models")
    _run(outer, "commit", "-qm", "Models")
    assert _commit(workspace)
    assert _files_of(workspace) == ["data/rounds/helmet/3.dvc"]
    inside = outer / "models"
    _run(inside, "checkout", "-q", "--detach")
    assert _commit(inside)
    assert _run(inside, "log", "-1", "--format=%s") == "Train helmet/r3\n"
    assert _run(outer, "log", "--format=%s") == "Models\n"
    assert _run(outer, "diff", "--cached", "--name-only") == ""


def test_a_folder_of_a_bigger_repository_commits_only_its_own(workspace):
    inside = workspace / "sites" / "ä b"
    _write(workspace, "data/rounds/helmet/3.dvc", "# of the repository's root")
    assert _commit(inside)
    assert git.newest_files(inside) == ("data/rounds/helmet/3.dvc",)
    assert _run(workspace, "status", "--porcelain", "-uall") == "?? data/rounds/helmet/3.dvc\n"


def test_without_a_work_tree_nothing_is_committed(tmp_path):
    assert not git.is_repository(tmp_path)
    bare = tmp_path / "bare.git"
    _run(tmp_path, "init", "-q", "--bare", str(bare))
    assert not git.is_repository(bare)


def test_the_repository_of_somebody_else_is_explained(workspace, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(StoreError) as caught:
        git.is_repository(workspace)
    assert "safe.directory" in str(caught.value.hint)


def _obstruct(workspace: Path, way: str):
    """Make commits fail; what mends it."""
    if way == "signature":
        _run(workspace, "config", "commit.gpgsign", "true")
        _run(workspace, "config", "gpg.program", "false")
        return lambda: _run(workspace, "config", "commit.gpgsign", "false")
    name = "commit-msg" if way == "commit-msg" else "pre-commit"
    folder = ".my-hooks" if way == "hooks-path" else ".git/hooks"
    hook = _write(workspace, f"{folder}/{name}", "#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)
    if way == "hooks-path":
        _run(workspace, "config", "core.hooksPath", folder)
    return hook.unlink


def _commit(workspace: Path, name: str = "data/rounds/helmet/3.dvc") -> str | None:
    return git.commit(workspace, [_write(workspace, name)], "Train helmet/r3", TRAILERS)


def _files_of(workspace: Path) -> list[str]:
    return _run(workspace, "show", "--name-only", "--format=", "HEAD").split()


def _write(workspace: Path, name: str, text: str = "# x") -> Path:
    path = workspace / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _run(workspace: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=workspace, check=True, capture_output=True, text=True
    ).stdout
