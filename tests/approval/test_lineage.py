from pathlib import Path

import pytest

from tests.dvc.real import run_git
from ymir.approval.lineage import lineages, settle
from ymir.errors import StoreError

SPECS = {"specs/a.yaml": "11"}


def repository(folder: Path, text: str) -> Path:
    folder.mkdir()
    run_git(folder, "init", "--quiet")
    (folder / "file").write_text(text)
    run_git(folder, "add", "file")
    run_git(folder, "commit", "--quiet", "-m", "One")
    return folder


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return repository(tmp_path / "first", "one")


def clone(of: Path, to: str, *options: str) -> Path:
    run_git(of.parent, "clone", "--quiet", *options, f"file://{of}", to)
    return of.parent / to


def test_two_clones_have_one_lineage_before_anything_is_recorded(first: Path) -> None:
    other = clone(first, "clone")
    assert lineages(first, SPECS)[0] == lineages(other, SPECS)[0]


def test_it_stays_when_commits_are_added(first: Path) -> None:
    before = lineages(first, SPECS)
    (first / "file").write_text("two")
    run_git(first, "commit", "--quiet", "-am", "Two")
    assert lineages(first, SPECS) == before


def test_another_history_has_another_one_and_so_has_another_folder(
    first: Path, tmp_path: Path
) -> None:
    other = repository(tmp_path / "other", "two")
    (first / "inner").mkdir()
    found = {lineages(each, SPECS)[0] for each in (first, other, first / "inner")}
    assert len(found) == 3


def test_once_written_it_is_what_stands_in_the_file(first: Path) -> None:
    before = lineages(first, SPECS)[0]
    settle(first, SPECS)
    assert (first / "data" / "lineage").read_text() == f"{before}\n"
    settle(first, {}, "5c1b5b0e-52a5-4d0c-9d5d-2b7f4b3ad001")
    assert lineages(first, {}) == (before,)


def test_clones_that_begin_at_once_agree(first: Path) -> None:
    other = clone(first, "clone")
    settle(first, SPECS)
    settle(other, SPECS)
    assert lineages(first, SPECS) == lineages(other, SPECS)


def test_where_older_commits_are_left_away_the_specs_stand_for_it(first: Path) -> None:
    (first / "file").write_text("two")
    run_git(first, "commit", "--quiet", "-am", "Two")
    shallow = clone(first, "shallow", "--depth", "1")
    (only,) = lineages(shallow, SPECS)
    assert only in lineages(first, SPECS), "its plans can be applied where all commits are"
    assert only not in lineages(first, {})


def test_what_an_approved_plan_says_is_written_down(first: Path) -> None:
    approved = lineages(first, SPECS)[-1]
    settle(first, SPECS, approved)
    assert lineages(first, SPECS) == (approved,)


def test_new_workspaces_without_a_commit_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run_git(tmp_path / name, "init", "--quiet")
        settle(tmp_path / name, SPECS)
    assert lineages(tmp_path / "a", SPECS) != lineages(tmp_path / "b", SPECS)


def test_outside_of_git_a_workspace_has_one_too(tmp_path: Path) -> None:
    settle(tmp_path, SPECS)
    assert len(lineages(tmp_path, SPECS)) == 1


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n", "../../etc", "\udcff"])
def test_a_file_that_holds_something_else_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lineage").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StoreError, match="no id of the workspace's history"):
        lineages(tmp_path, SPECS)
