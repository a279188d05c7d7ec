from pathlib import Path

import pytest
from dvc.repo import Repo

from tests.dvc.real import files_under, new_workspace, run_dvc, run_git
from ymir.dvc import project
from ymir.errors import StoreError


def test_dvc_finds_two_empty_projects(tmp_path):
    workspace = new_workspace(tmp_path / "workspace")
    for folder in (workspace, workspace / "media"):
        assert "no data or pipelines tracked" in run_dvc(folder, "status")
        assert Path(Repo(str(folder)).root_dir) == folder


def test_preparing_twice_changes_nothing(tmp_path):
    workspace = tmp_path / "workspace"
    project.prepare(workspace, "../storage")
    before = files_under(workspace)
    project.prepare(workspace, "../storage")
    assert files_under(workspace) == before


def test_what_people_wrote_stays(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".gitignore").write_text("*.log")
    (tmp_path / ".dvc" / "config").write_text(
        "[core]\n  analytics = true\n  remote = attic\n['remote \"attic\"']\n  url = s3://%attic\n"
    )
    project.prepare(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*.log\n/.ymir/\n/labels/*/images/\n"
    config = (tmp_path / ".dvc" / "config").read_text()
    assert "analytics = true" in config
    assert "check_update = false" in config
    assert "['remote \"attic\"']\n    url = s3://%attic\n" in config
    assert "remote = attic" in config


@pytest.mark.parametrize(
    ("remote", "root", "media"),
    [
        ("../storage", "../storage", "../storage/media"),
        ("/mnt/storage/", "/mnt/storage", "/mnt/storage/media"),
        ("s3://bucket/ymir/", "s3://bucket/ymir", "s3://bucket/ymir/media"),
    ],
)
def test_each_project_has_its_own_part_of_the_remote(tmp_path, remote, root, media):
    workspace = new_workspace(tmp_path / "workspace", remote)
    for folder, url in ((workspace, root), (workspace / "media", media)):
        config = Repo(str(folder)).config
        expected = url if "://" in url else str((workspace / url).resolve())
        assert config["core"]["remote"] == "ymir"
        assert str(config["remote"]["ymir"]["url"]) == expected


def test_the_remote_follows_the_spec(tmp_path):
    project.prepare(tmp_path, "/mnt/old")
    project.prepare(tmp_path, "/mnt/new")
    assert "url = /mnt/new\n" in (tmp_path / ".dvc" / "config").read_text()
    assert "/mnt/old" not in (tmp_path / "media" / ".dvc" / "config").read_text()


def test_a_broken_config_is_named(tmp_path):
    project.prepare(tmp_path)
    (tmp_path / ".dvc" / "config").write_text("analytics")
    with pytest.raises(StoreError, match="config"):
        project.prepare(tmp_path)


def test_git_ignores_data_and_keeps_pointers(tmp_path):
    workspace = new_workspace(tmp_path / "workspace")
    names = {
        "data/datasets/x/v1": True,
        "data/datasets/x/v1.dvc": False,
        "data/rounds/helmet/3": True,
        "data/rounds/helmet/3.dvc": False,
        "reports/helmet/html": True,
        "reports/helmet/html.dvc": False,
        "media/pool/x-1": True,
        "media/pool/x-1.dvc": False,
        ".ymir": True,
    }
    for name, is_folder in names.items():
        path = workspace / name / "file" if is_folder else workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    listed = run_git(workspace, "ls-files", "--others", "--exclude-standard").split()
    assert {name for name in listed if name in names or "/file" in name} == {
        name for name, is_folder in names.items() if not is_folder
    }


def test_a_line_that_ymir_writes_is_told_from_one_that_people_write():
    assert project.is_ours(".gitignore", "", "/.ymir/\n/labels/*/images/\n")
    assert project.is_ours(".gitignore", "*.log", "*.log\n/.ymir/\n")
    assert not project.is_ours(".gitignore", "/.ymir/\n", "/.ymir/\n*.log\n")
    assert not project.is_ours("media/.dvcignore", "*.log\n", "")


def test_a_setting_that_ymir_writes_is_told_from_one_that_people_write(tmp_path):
    project.prepare(tmp_path, "/mnt/old")
    old = (tmp_path / ".dvc" / "config").read_text()
    project.prepare(tmp_path, "/mnt/new")
    new = (tmp_path / ".dvc" / "config").read_text()
    assert new != old
    assert project.is_ours(".dvc/config", "", old)
    assert project.is_ours(".dvc/config", old, new)
    assert not project.is_ours(".dvc/config", old, new + "['remote \"attic\"']\n    url = /attic\n")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://attic/data", "s3://attic/data"),
        ("/mnt/attic", "/mnt/attic"),
        ("../../attic", "../attic"),
        ("https://me:secret@attic/data", ""),
    ],
)
def test_where_peoples_own_data_go_is_said_as_a_spec_says_it(tmp_path, url, address):
    (tmp_path / ".dvc").mkdir()
    written = f"[core]\n  remote = attic\n['remote \"attic\"']\n  url = {url}\n"
    (tmp_path / ".dvc" / "config").write_text(written)
    assert project.default_address(tmp_path) == address


def test_what_only_this_machine_knows_is_said_nowhere(tmp_path):
    assert project.default_address(tmp_path) == ""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n  remote = attic\n")
    (tmp_path / ".dvc" / "config.local").write_text("['remote \"attic\"']\n  url = /mnt/mine\n")
    assert project.default_address(tmp_path) == ""
