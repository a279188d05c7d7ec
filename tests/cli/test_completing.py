"""What a shell completes: the real protocol, as processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_help import EVERY
from tests.components import needs
from ymir.cli.completing import ARGUMENTS, OPTIONS

YMIR = str(Path(sys.executable).with_name("ymir"))
SPECS = """\
kind: Dataset
name: site-train
---
# a comment
kind: Project
name: helmet
train: {executor: mine}
---
kind: Executor
name: "mine"
---
kind: Model
name: heads
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    files = {
        "specs/a.yaml": SPECS,
        "specs/more/b.yml": "kind: Dataset\nname: site-val\n",
        "data/datasets/site-train/v1.dvc": "",
        "data/datasets/site-train/v2.dvc": "",
        "data/rounds/helmet/1.dvc": "meta:\n  ymir:\n    stages:\n      send:\n",
        "data/rounds/helmet/2.dvc": "meta:\n",
        "data/models/heads/v3.dvc": "",
        ".ymir/jobs/helmet-r1-train-85f8/job.json": "",
        ".ymir/jobs/helmet-r1-judge-1234/proof.json": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def asked(folder: Path, **environment: str) -> str:
    """What `ymir` answers a shell."""
    done = subprocess.run(
        [YMIR], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout


def completed(folder: Path, *words: str) -> list[str]:
    """What bash is offered for the last word."""
    typed, place = "\n".join(["ymir", *words]), str(len(words))
    return asked(folder, _YMIR_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=place).split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("va", "validate"),
        ("dataset ", "ls show log diff check open export"),
        ("dataset show ", "site-train site-val"),
        ("dataset diff site-train@v1 site-train@", "site-train@v1 site-train@v2"),
        ("pull site-train@", "site-train@v1 site-train@v2"),
        ("pull site-train @", "v1 v2"),  # bash cuts words there
        ("pull site-train @ v2", "v2"),
        ("report ", "helmet"),
        ("compare helmet/r1 he", "heads helmet helmet/r1 helmet/r2"),
        ("model show heads@", "heads@v3"),
        ("apply --target site-v", "site-val"),
        ("plan --restart ", "helmet"),
        ("predict ", "heads helmet helmet/r1 helmet/r2"),
        ("executor setup ", "rtdetr tinydet"),
        ("executor show ", "mine rtdetr tinydet"),
        ("simulate helmet --strategies h", "hybrid"),
        ("dataset export site-val out --format vo", "voc"),
        ("init --example hel", "helmet"),
        ("jobs logs ", "helmet-r1-train-85f8"),
        ("labels show ", "helmet-r1"),
        ("schema P", "Project"),
        ("explain Spec", "SpecError"),
        ("explain Project.goal.m", "Project.goal.map Project.goal.map_50_95"),
        ("rollback helmet --t", "--to"),
        ("dataset show none", ""),
    ],
)
def test_names_of_the_workspace_are_offered(workspace: Path, typed: str, offered: str) -> None:
    assert completed(workspace, *typed.split(" ")) == offered.split()


def test_the_workspace_that_is_named_is_looked_at(workspace: Path) -> None:
    words = ("dataset", "show", "-C", workspace.name, "")
    assert completed(workspace.parent, *words) == ["site-train", "site-val"]


@pytest.mark.parametrize("name", ["a.yaml", "none"])
def test_where_nothing_can_be_read_nothing_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / name).write_bytes(b"kind: Dataset\nname: \xff\xfe")
    assert completed(tmp_path, "dataset", "show", "") == []


def test_zsh_and_fish_are_answered_in_their_own_words(workspace: Path) -> None:
    typed = {"_TYPER_COMPLETE_ARGS": "ymir dataset show site-t"}
    assert '"site-train"' in asked(workspace, _YMIR_COMPLETE="complete_zsh", **typed)
    action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert asked(workspace, _YMIR_COMPLETE="complete_fish", **typed, **action) == "site-train\n"


def test_names_are_completed_without_what_commands_import(workspace: Path) -> None:
    code = (
        "import sys; from ymir.cli.main import cli\n"
        "try: cli(prog_name='ymir')\n"
        "except SystemExit: pass\n"
        "assert not {'polars', 'dvc', 'yaml'} & set(sys.modules)\n"
    )
    words = {"COMP_WORDS": "ymir\nreport\n", "COMP_CWORD": "2", "_YMIR_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workspace, env={**os.environ, **words}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "helmet\n"


def test_a_thousand_versions_are_no_wait(workspace: Path) -> None:
    for number in range(1000):
        (workspace / "data" / "datasets" / "site-train" / f"v{number}.dvc").touch()
    began = sum(os.times()[2:4])  # of processes that have ended
    assert len(completed(workspace, "pull", "site-train@")) == 1000
    assert sum(os.times()[2:4]) - began < 1


@needs("bash", shutil.which("bash") is not None, "bash")
def test_bash_itself_completes_with_the_script_that_is_installed(workspace: Path) -> None:
    script = (
        'eval "$(_YMIR_COMPLETE=source_bash ymir)"\n'
        "COMP_WORDS=(ymir dataset show site-v) COMP_CWORD=3\n"
        '_ymir_completion ymir; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(YMIR).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=workspace, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("site-val\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed(tmp_path: Path, shell: str) -> None:
    environment = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    run = [YMIR, "--install-completion", shell]
    done = subprocess.run(run, env={**os.environ, **environment}, capture_output=True, check=True)
    assert b"completion installed" in done.stdout
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert any(f"complete_{shell}" in text for text in written)


def test_every_command_that_is_completed_exists() -> None:
    assert set(ARGUMENTS) <= set(EVERY)
    options = {name for each in EVERY.values() for param in each.params for name in param.opts}
    assert set(OPTIONS) <= options
