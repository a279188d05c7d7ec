"""`ymir plan -o FILE` in a small workspace that is never applied."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.workspaces import Workspace, unproven
from ymir.approval.saved import read
from ymir.cli.main import cli
from ymir.errors import SpecError


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Planned once; `plan.json` lies in it."""
    workspace = unproven(tmp_path_factory.mktemp("plans") / "pets")
    assert workspace.ymir("plan", "-o", "plan.json").returncode == 2
    return workspace


def test_the_file_holds_the_plan_and_what_it_was_made_from(pets: Workspace) -> None:
    saved = read(pets.root / "plan.json")
    shown = pets.data("plan")
    assert [(each["stage"], each["reason"]) for each in saved.plan["steps"]] == [
        (each["stage"], each["reason"]) for each in shown["steps"]
    ]
    assert set(saved.specs) == {"specs/all.yaml"}
    assert set(saved.sources) == {"base", "val", "test", "pool"}
    assert "unread" not in saved.sources.values()
    assert saved.data == {}
    assert set(saved.executors) == {"blocks"}
    assert saved.commit == pets.run("git", "rev-parse", "HEAD").strip()
    assert saved.lineage == (pets.root / "data" / "lineage").read_text().strip()


def test_the_plan_is_shown_as_ever_and_says_what_applies_it(pets: Workspace) -> None:
    shown = pets.ymir("plan", "-o", "again.json")
    assert shown.returncode == 2
    assert "+ base  (does not exist yet)" in shown.stdout
    assert "saved; `ymir apply again.json` does this, or nothing" in shown.stdout
    shown = pets.ymir("plan", "-o", "again.json", "--json")
    assert json.loads(shown.stdout)["steps"]
    (pets.root / "again.json").unlink()


def test_a_plan_is_saved_whole_or_not_at_all(pets: Workspace) -> None:
    (pets.root / "taken").mkdir(exist_ok=True)
    refused = pets.ymir("plan", "-o", "taken")
    assert refused.returncode == 1
    assert not list((pets.root / "taken").iterdir())
    with pytest.raises(SpecError, match="wants the name of a file"):
        CliRunner().invoke(cli, ["plan", "-C", str(pets.root), "-o", "-"], catch_exceptions=False)


def test_broken_specs_make_no_plan(pets: Workspace, tmp_path: Path) -> None:
    shutil.copytree(pets.root / "specs", tmp_path / "specs")
    (tmp_path / "specs" / "all.yaml").write_text("kind: Nonsense\n")
    CliRunner().invoke(cli, ["plan", "-C", str(tmp_path), "-o", str(tmp_path / "plan.json")])
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere.json",), 1, "does not exist"),
        (("specs/all.yaml",), 6, "no saved plan"),
        (("plan.json", "--restart", "pets"), 1, "says itself what is restarted"),
    ],
)
def test_what_is_no_plan_is_not_applied(
    pets: Workspace, words: tuple[str, ...], code: int, said: str
) -> None:
    refused = pets.ymir("apply", *words)
    assert (refused.returncode, said in refused.stderr) == (code, True), refused.stderr
    assert not (pets.root / "data" / "datasets").exists()
