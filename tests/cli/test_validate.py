"""`ymir validate` as it is installed: real plugins, the real bundled executor."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ymir.cli.main import app
from ymir.resources import resource

WRONG = """\
apiVersion: ymir/v1
kind: Project
name: site
labels: [helmet_head]
data: {training: site-train, validation: site-validation, testing: site-test, mining: site-pool}
goal: {map: 0.8}
train: {executor: tinydet, with: {iteration: 100}}
mine: {use: entropi, topk: 10}
label: {use: existing, with: {people: 3}}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The published reference, as a workspace."""
    shutil.copytree(resource("specs"), tmp_path / "specs")
    return tmp_path


def run(*args: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["ymir", *args])
    with pytest.raises(SystemExit) as ended:
        app()
    return int(ended.value.code or 0)


def test_right_specs_are_counted(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate", "-C", str(workspace), monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == "ok: 1 Labels, 11 Datasets, 3 Executors, 1 Project\n"


def test_mistakes_go_to_standard_error_with_their_places(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "specs" / "site.yaml").write_text(WRONG)
    assert run("validate", "--workspace", str(workspace), monkeypatch=monkeypatch) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[:4] == [
        "error: 3 mistakes in the specs",
        "specs/site.yaml:7:35: train.with.iteration: `tinydet` has no such parameter "
        "(did you mean `iterations`?)",
        "specs/site.yaml:8:13: mine.use: no mining strategy is called `entropi` "
        "(did you mean `entropy`?)",
        "specs/site.yaml:9:31: label.with.people: is not known here: leave it out",
    ]


def test_programs_get_json_either_way(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate", "-C", str(workspace), "--json", monkeypatch=monkeypatch) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "specs": {"Labels": 1, "Dataset": 11, "Executor": 3, "Project": 1},
    }
    (workspace / "specs" / "site.yaml").write_text(WRONG)
    assert run("validate", "-C", str(workspace), "--json", monkeypatch=monkeypatch) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert answer["mistakes"][1] == {
        "file": "specs/site.yaml",
        "line": 8,
        "column": 13,
        "field": "mine.use",
        "message": "no mining strategy is called `entropi` (did you mean `entropy`?)",
    }


def test_a_folder_that_is_no_workspace_is_said_to_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate", "-C", str(tmp_path), monkeypatch=monkeypatch) == 1
    assert "is not a workspace" in capsys.readouterr().err
    assert run("validate", "-C", str(tmp_path), "--json", monkeypatch=monkeypatch) == 1
    assert "is not a workspace" in json.loads(capsys.readouterr().out)["error"]


def test_validating_names_alone_loads_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    for kind in ("labels", "dataset", "executor", "workspace"):
        text = (resource("specs") / f"{kind}.yaml").read_text()
        (tmp_path / "specs" / f"{kind}.yaml").write_text(text.replace("[helmet]", "[]"))
    heavy = "{'polars', 'dvc', 'torch', 'numpy', 'PIL'}"
    code = (
        "import sys; from ymir.cli.main import cli; "
        "cli(['validate', '-C', sys.argv[1]], standalone_mode=False); "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "ok: 1 Labels, 11 Datasets, 3 Executors, 0 Projects\nset()\n"
