"""`ymir init` makes a workspace, and can be run again where it was ended."""

from pathlib import Path

from tests.workspaces import Workspace


def test_a_new_workspace_is_valid_committed_and_has_nothing_to_do(tmp_path: Path) -> None:
    made = Workspace(tmp_path).ymir("init", "pets")
    assert made.returncode == 0, made.stderr
    workspace = Workspace(tmp_path / "pets")
    assert workspace.run("git", "status", "--porcelain") == ""
    assert workspace.ymir("validate").returncode == 0
    assert workspace.ymir("plan").returncode == 0


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    Workspace(tmp_path).ymir("init", "pets")
    again = Workspace(tmp_path).ymir("init", "pets")
    assert again.returncode == 1
    assert "already has specs" in again.stderr


def test_a_file_of_the_users_own_is_kept_and_not_committed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert workspace.ymir("init", ".").returncode == 0
    assert (tmp_path / ".gitignore").read_text().startswith("*.log\n/.ymir/\n")
    assert workspace.run("git", "status", "--porcelain") == "?? .gitignore\n"


def test_preparing_an_example_can_be_ended_and_repeated(tmp_path: Path) -> None:
    (tmp_path / "helmet" / "raw").mkdir(parents=True)
    (tmp_path / "helmet" / "prepare.py").write_text("raise SystemExit('ended')")
    made = Workspace(tmp_path).ymir("init", "--example", "helmet", "helmet")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "helmet" / "specs").is_dir()
