"""Whether the remote's branch has records that a clone lacks, in clones of every kind."""

from pathlib import Path

import pytest

from tests.lease.remotes import bare, clone, git
from ymir.lease.git import Git, aside
from ymir.lease.newer import address_of, branch_on, newer_files, remote_of
from ymir.lease.refs import UnreachableError

PETS = ("data/rounds/pets/*.dvc",)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    bare(tmp_path)
    return tmp_path / "first", clone(tmp_path, "second")


def record(root: Path, name: str, *, push: bool = True) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")
    git(root, "add", "--all")
    git(root, "commit", "-qm", f"Record {name}")
    if push:
        git(root, "push", "-q", "origin", "HEAD:main")


def lacking(root: Path, *patterns: str) -> list[str]:
    with aside(root) as quiet:
        return newer_files(quiet, "origin", "main", patterns or PETS)


def test_only_what_others_recorded_of_the_same_is_lacking(pair: tuple[Path, Path]) -> None:
    one, two = pair
    assert lacking(two) == []
    record(one, "data/rounds/cars/1.dvc")
    record(one, "specs/a b.yaml")
    assert lacking(two) == []
    record(one, "data/rounds/pets/1.dvc")
    record(one, "data/rounds/pets/2.dvc")
    assert lacking(two) == ["data/rounds/pets/1.dvc", "data/rounds/pets/2.dvc"]
    assert lacking(one) == []
    record(two, "data/rounds/pets/9.dvc", push=False)
    assert len(lacking(two)) == 2, "what is only here takes nothing away"
    git(two, "pull", "-q", "--rebase")
    assert lacking(two) == []


def test_looking_fetches_nothing_into_the_repository(pair: tuple[Path, Path]) -> None:
    one, two = pair
    record(one, "data/rounds/pets/1.dvc")
    before = sorted(two.joinpath(".git").rglob("*"))
    assert lacking(two)
    assert sorted(two.joinpath(".git").rglob("*")) == before


def test_a_workspace_below_the_top_and_a_shallow_clone_see_the_same(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two = pair
    record(one, "site/readme.md")
    git(two, "pull", "-q")
    git(tmp_path, "clone", "-q", "--depth=1", (tmp_path / "remote.git").as_uri(), "shallow")
    record(one, "site/data/rounds/pets/1.dvc")
    for root in (two, tmp_path / "shallow"):
        assert lacking(root / "site") == ["data/rounds/pets/1.dvc"]


def test_a_branch_that_nobody_has_pushed_is_not_behind(pair: tuple[Path, Path]) -> None:
    with aside(pair[1]) as quiet:
        assert newer_files(quiet, "origin", "never-pushed", PETS) == []


def test_a_remote_that_is_gone_says_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    with pytest.raises(UnreachableError):
        lacking(pair[1])


def test_the_remote_is_that_of_the_branch_or_the_only_one_or_origin(
    pair: tuple[Path, Path],
) -> None:
    _, root = pair
    ask = Git(root)
    assert remote_of(ask, None) == "origin"
    git(root, "remote", "rename", "origin", "hub")
    assert remote_of(ask, None) == "hub"
    git(root, "remote", "add", "zoo", "/nowhere")
    assert remote_of(ask, None) == "hub", "the branch has it"
    git(root, "checkout", "-q", "--detach")
    assert remote_of(ask, None) is None, "two, and no branch"
    git(root, "remote", "add", "origin", "/nowhere")
    assert remote_of(ask, None) == "origin"
    assert (remote_of(ask, "zoo"), remote_of(ask, "other")) == ("zoo", None)


def test_a_lease_is_read_where_it_is_pushed(pair: tuple[Path, Path]) -> None:
    _, root = pair
    assert address_of(Git(root), "origin") == str(root.parent / "remote.git")
    git(root, "config", "remote.origin.pushurl", "/elsewhere")
    assert address_of(Git(root), "origin") == "/elsewhere"


def test_the_branch_is_the_one_that_is_followed_or_that_ci_names(pair: tuple[Path, Path]) -> None:
    _, root = pair
    ask = Git(root)
    assert branch_on(ask, "origin", {}) == "main"
    git(root, "checkout", "-q", "-b", "mine", "--track", "origin/main")
    assert branch_on(ask, "origin", {"CI_COMMIT_BRANCH": "x"}) == "main"
    assert branch_on(ask, "other", {}) == "mine"
    git(root, "checkout", "-q", "--detach")
    assert branch_on(ask, "origin", {}) is None
    assert branch_on(ask, "origin", {"CI_COMMIT_BRANCH": "main"}) == "main"
    assert branch_on(ask, "origin", {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "b"}) == "b"
