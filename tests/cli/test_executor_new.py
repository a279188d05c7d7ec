"""`ymir executor new` writes an executor that works; `ymir executor check` says so."""

import json
import subprocess
import sys

import pytest

from tests.workspaces import ENVIRONMENT, Workspace


@pytest.fixture
def workspace(tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    labels = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n"
    (specs / "labels.yaml").write_text(labels)
    made = Workspace(tmp_path)
    done = made.ymir("executor", "new", "birds")
    assert done.returncode == 0, done.stderr
    return made


def test_a_new_executor_keeps_the_contract_right_away(workspace):
    done = workspace.ymir("executor", "check", "--no-build", "executors/birds")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert "✓ stops" in done.stdout


def test_its_spec_is_written_and_valid(workspace):
    assert workspace.ymir("validate").returncode == 0
    spec = (workspace.root / "specs" / "executors" / "birds.yaml").read_text()
    assert "command: [python3, executors/birds/start.py]" in spec
    assert "NAME" not in spec + (workspace.root / "executors" / "birds" / "README.md").read_text()


def test_its_name_is_enough_to_check_it(workspace):
    found = workspace.data("executor", "check", "birds")
    verdicts = {each["rule"]: each["verdict"] for each in found["rules"]}
    assert found["executor"] == "birds"
    assert "breaks" not in verdicts.values()
    assert verdicts["manual"] == "holds"
    places = {each["place"] for each in found["rules"]}
    assert "executors/README.md#stops" in places


def test_its_own_tests_pass(workspace):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "executors/birds"],
        cwd=workspace.root,
        env={**ENVIRONMENT, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_fault_is_named_and_the_exit_code_is_1(workspace):
    program = workspace.root / "executors" / "birds" / "start.py"
    program.write_text(program.read_text().replace('"score": known["score"], "box"', '"box"'))
    done = workspace.ymir("executor", "check", "--no-build", "executors/birds", "--json")
    assert done.returncode == 1
    rules = {each["rule"]: each for each in json.loads(done.stdout)["rules"]}
    assert rules["scores"]["verdict"] == "breaks"
    assert "without a score" in rules["scores"]["why"]


def test_nothing_is_written_over(workspace):
    done = workspace.ymir("executor", "new", "birds")
    assert done.returncode == 1
    assert "`executors/birds` is there already" in done.stderr


def test_outside_of_a_workspace_the_spec_is_printed(tmp_path):
    done = Workspace(tmp_path).ymir("executor", "new", "birds", "--out", "mine")
    assert done.returncode == 0
    assert "command: [python3, mine/start.py]" in done.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("new", "Birds"), "cannot be the name of an executor"),
        (("new", "../birds"), "cannot be the name of an executor"),
        (("check", "no/such:tag:"), "is no executor, no folder and no image"),
        (("check", "specs"), "neither a Dockerfile nor a program"),
        (("check", "executors/birds", "--timeout", "soon", "--no-build"), "`soon` is no time"),
        (("check", "executors/birds", "--with", "x", "--no-build"), "`x` is no parameter"),
        (("check", "executors/birds", "--keep", "specs", "--no-build"), "`specs` is not empty"),
    ],
)
def test_what_is_typed_wrongly_is_said(workspace, words, why):
    done = workspace.ymir("executor", *words)
    assert done.returncode == 1
    assert why in done.stderr


def test_an_image_that_the_workspace_does_not_allow_is_not_run(workspace):
    rules = "apiVersion: ymir/v1\nkind: Workspace\nimages: [ghcr.io/acme/*]\n"
    (workspace.root / "specs" / "rules.yaml").write_text(rules)
    done = workspace.ymir("executor", "check", "docker.io/strange/image:1")
    assert done.returncode == 1
    assert "the workspace does not allow image `docker.io/strange/image:1`" in done.stderr


def test_what_a_check_leaves_can_be_kept(workspace):
    done = workspace.ymir("executor", "check", "birds", "--keep", "kept")
    assert done.returncode == 0
    assert (workspace.root / "kept" / "training" / "out" / "models" / "result.yaml").is_file()
