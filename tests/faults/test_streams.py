"""Whoever no longer listens stops no work; what cannot be said does no harm."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.workspaces import ENVIRONMENT, YMIR, Workspace, copied, unproven


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return unproven(tmp_path_factory.mktemp("streams") / "pets")


@pytest.fixture
def workspace(fresh: Workspace, tmp_path: Path) -> Workspace:
    return copied(fresh, tmp_path / "pets")


def typed(
    workspace: Workspace, shell: str, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`ymir …` by a shell that does something with its streams or limits first."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}", "bash", *YMIR, *words],
        cwd=workspace.root,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


IMPORT = ("apply", "--target", "val")
SPARSE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def is_recorded(workspace: Workspace) -> bool:
    return (workspace.root / "data" / "datasets" / "val" / "v1.dvc").is_file()


@pytest.mark.parametrize("shell", ['"$@" | true', 'exec 0<&- 1>&- 2>&-; "$@"'])
def test_a_run_goes_on_when_nobody_listens(workspace: Workspace, shell: str) -> None:
    done = typed(workspace, shell, *IMPORT)
    assert (done.returncode, done.stderr) == (0, "")
    assert is_recorded(workspace)


def test_a_full_disk_under_what_is_said_is_not_blamed_on_the_workspace(
    workspace: Workspace,
) -> None:
    done = typed(workspace, '"$@" > /dev/full', "plan")
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output cannot be written to: No space left")
    assert len(done.stderr.splitlines()) == 2


def test_letters_that_cannot_be_shown_are_shown_as_numbers(workspace: Workspace) -> None:
    done = typed(workspace, '"$@"', *IMPORT, **SPARSE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(r"\u2713 val@v1")
    (workspace.root / "raw" / "val" / "JPEGImages" / "zoë.txt").touch()
    said = typed(workspace, '"$@"', "plan", "--json", **SPARSE)
    assert json.loads(said.stdout)["settled"] is False


def test_too_few_open_files_are_explained(workspace: Workspace) -> None:
    done = typed(workspace, 'ulimit -n 14; "$@"', *IMPORT)
    assert done.returncode == 1
    assert "Too many open files" in done.stderr
    assert "ulimit -n" in done.stderr
    assert "Traceback" not in done.stderr
    assert typed(workspace, '"$@"', *IMPORT).returncode == 0


@pytest.mark.parametrize("name", ["HOME", "TMPDIR"])
def test_folders_that_are_not_there_are_done_without(workspace: Workspace, name: str) -> None:
    done = typed(workspace, '"$@"', *IMPORT, **{name: "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")
    assert is_recorded(workspace)
