import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.dvc.real import run_dvc, run_git
from ymir.cli.main import cli
from ymir.dvc import project
from ymir.errors import LockedError, SpecError, StoreError
from ymir.lock import locked
from ymir.plan.snapshot import recipe_for
from ymir.plan.stage import RoundOf, Stage
from ymir.stores.dvc import DvcStore

LABELS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n"
DATASET = (
    "---\n{{apiVersion: ymir/v1, kind: Dataset, name: {name}, "
    "from: {{format: voc, path: raw}}{more}}}\n"
)


@pytest.fixture
def workspace(tmp_path) -> Path:
    """Three datasets with specs, one without, and a project whose spec is gone; all committed."""
    folder = tmp_path / "workspace"
    (folder / "specs").mkdir(parents=True)
    specify(folder, "site", "night", "test")
    run_git(folder, "init", "-q", "-b", "main")
    project.prepare(folder)
    for name, versions in {"site": 2, "night": 1, "test": 1, "old": 2}.items():
        for number in range(versions):
            record(folder, Stage(name, "dataset", settings={"v": number}), b"%d" % number)
    where = RoundOf("helmet", 1)
    record(folder, Stage(where.stage("label"), "label", round=where), b"l", labelled=7)
    pages = Stage("helmet/report", "report")
    record(folder, pages, b"<html>", round=1)
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "All")
    return folder


def test_what_no_spec_names_goes_in_one_commit(workspace):
    said = prune(workspace, "--yes")
    assert "- old@v1  3 images" in said
    assert "helmet  1 rounds with 7 labelled images: stays; `ymir prune helmet`" in said
    assert not list(workspace.glob("data/datasets/old/*"))
    assert len(list(workspace.glob("data/datasets/*/*.dvc"))) == 4
    assert run_git(workspace, "log", "-1", "--format=%s") == "Prune old@v1, old@v2\n"
    assert run_git(workspace, "status", "--porcelain") == ""
    assert "nothing to prune" in prune(workspace, "--yes")
    run_git(workspace, "revert", "--no-edit", "HEAD")
    assert DvcStore(workspace).open("old@v2").is_dir()
    assert (DvcStore(workspace).open("old@v1") / "content.txt").read_bytes() == b"old 0"
    assert "up to date" in run_dvc(workspace, "status")


def test_old_versions_go_when_asked_for_and_not_when_protected(workspace):
    assert "site@v1" not in prune(workspace, "--json")
    assert "site@v1" in prune(workspace, "--json", "--versions")
    specify(workspace, "site", "night", "test", more=", protect: true")
    assert "site@v1" not in prune(workspace, "--json", "--versions")


def test_a_project_goes_when_it_is_named_and_has_no_spec(workspace):
    prune(workspace, "helmet", "--yes")
    assert not list(workspace.glob("data/rounds/helmet/*"))
    assert not list(workspace.glob("reports/helmet/*"))
    assert (workspace / "reports/dvc.yaml").read_text() == "metrics: []\n"
    assert run_git(workspace, "status", "--porcelain") == ""
    with pytest.raises(SpecError, match="no round of a project `helmet`"):
        prune(workspace, "helmet")


def test_when_most_would_go_specs_may_have_been_lost(workspace):
    specify(workspace, "test")
    with pytest.raises(StoreError, match="5 of 7 versions and rounds") as caught:
        prune(workspace, "--yes")
    assert "git log" in str(caught.value.hint)
    assert len(list(workspace.glob("data/datasets/*/*.dvc"))) == 6
    prune(workspace, "--yes", "--most")
    assert len(list(workspace.glob("data/datasets/*/*.dvc"))) == 1


def test_people_are_asked(workspace):
    with pytest.raises(typer.Abort):
        prune(workspace, answer="n\n")
    assert list(workspace.glob("data/datasets/old/*.dvc"))
    prune(workspace, answer="y\n")
    assert not list(workspace.glob("data/datasets/old/*.dvc"))


def test_what_people_removed_is_none_of_its_business(workspace):
    prune(workspace, "--yes")
    (workspace / "specs" / "notes.txt").write_text("mine")
    run_git(workspace, "add", "specs")
    run_git(workspace, "commit", "-qm", "Notes")
    (workspace / "specs" / "notes.txt").unlink()
    assert "nothing to prune" in prune(workspace)
    prune(workspace, "--yes")
    assert run_git(workspace, "log", "-1", "--format=%s") == "Notes\n"


def test_programs_look_first(workspace):
    expected = {"versions": ["old@v1", "old@v2"], "projects": [], "kept": ["helmet"]}
    assert json.loads(prune(workspace, "--json")) == {"removed": False, **expected}
    assert list(workspace.glob("data/datasets/old/*.dvc"))
    assert json.loads(prune(workspace, "--json", "--yes")) == {"removed": True, **expected}
    assert not list(workspace.glob("data/datasets/old/*.dvc"))


def test_what_no_commit_holds_is_committed_before_it_goes(workspace):
    record(workspace, Stage("old", "dataset", settings={"v": 9}), b"9")
    prune(workspace, "--yes")
    run_git(workspace, "revert", "--no-edit", "HEAD")
    assert (workspace / "data/datasets/old/v3.dvc").exists()


def test_what_no_commit_holds_stays_where_ymir_may_not_commit(workspace):
    with (workspace / "specs/all.yaml").open("a") as file:
        file.write("---\n{apiVersion: ymir/v1, kind: Workspace, commit: false}\n")
    record(workspace, Stage("old", "dataset", settings={"v": 9}), b"9")
    with pytest.raises(StoreError, match="in no commit"):
        prune(workspace, "--yes")
    assert len(list(workspace.glob("data/datasets/old/*.dvc"))) == 3


def test_what_was_pruned_is_still_there_after_a_collection(workspace):
    """Git's history names it; `--keep tips` gives that up."""
    run("gc", workspace, "--yes", "--grace", "0")
    prune(workspace, "--yes")
    stored = len(list(project.cache_of(workspace).glob("*/*")))
    run("gc", workspace, "--yes", "--grace", "0")
    assert len(list(project.cache_of(workspace).glob("*/*"))) == stored
    run("gc", workspace, "--yes", "--grace", "0", "--keep", "tips")
    assert len(list(project.cache_of(workspace).glob("*/*"))) == stored - 4


def test_killed_at_any_moment_every_record_can_come_back(workspace):
    before = {path: path.read_bytes() for path in workspace.glob("data/datasets/old/*.dvc")}
    for pause in (0.4, 0.6, 0.8):
        words = [sys.executable, "-m", "ymir.cli.main", "prune", "-C", str(workspace), "--yes"]
        running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        time.sleep(pause)
        running.kill()
        running.wait()
        (workspace / ".git/index.lock").unlink(missing_ok=True)
        run_git(
            workspace, "checkout", "-q", "HEAD~0" if _has(workspace) else "HEAD~1", "--", "data"
        )
        assert {path: path.read_bytes() for path in before} == before
        assert DvcStore(workspace).open("old@v1").is_dir()
        if not _has(workspace):
            run_git(workspace, "commit", "-qm", "Back")


def test_nothing_is_pruned_while_something_runs(workspace):
    with locked(workspace), pytest.raises(LockedError):
        prune(workspace, "--yes")


def _has(workspace: Path) -> bool:
    """Whether the newest commit still names the version."""
    return "v1.dvc" in run_git(workspace, "ls-tree", "--name-only", "HEAD", "data/datasets/old/")


def prune(workspace: Path, *options: str, answer: str = "") -> str:
    return run("prune", workspace, *options, answer=answer)


def run(command: str, workspace: Path, *options: str, answer: str = "") -> str:
    done = CliRunner().invoke(
        cli, [command, "-C", str(workspace), *options], standalone_mode=False, input=answer
    )
    if done.exception:
        raise done.exception
    return done.stdout


def specify(workspace: Path, *names: str, more: str = "") -> None:
    """Write the specs of these datasets and of no others."""
    text = LABELS + "".join(DATASET.format(name=name, more=more) for name in names)
    (workspace / "specs" / "all.yaml").write_text(text)


def record(workspace: Path, stage: Stage, content: bytes, **facts: int) -> None:
    made = workspace / ".ymir" / "made"
    made.mkdir(parents=True)
    (made / "content.txt").write_bytes(b"%s %s" % (stage.name.encode(), content))
    if stage.kind == "report":
        (made / "metrics.json").write_text("{}")
    DvcStore(workspace).record(stage, recipe_for(stage, {}), made, {"images": 3, **facts})
    shutil.rmtree(made)


def test_what_was_protected_when_its_spec_went_stays_until_somebody_says_otherwise(workspace):
    def say(*names, more="", extra=""):
        specify(workspace, *names, more=more)
        with (workspace / "specs" / "all.yaml").open("a") as file:
            file.write(extra)
        run_git(workspace, "add", "specs")
        run_git(workspace, "commit", "-qm", "Specs")

    project = (
        "---\n{apiVersion: ymir/v1, kind: Project, name: helmet, labels: [cat], protect: true, "
        "data: {training: site, validation: night, testing: test, mining: site}, goal: {map: 0.5}, "
        "train: {executor: e}, mine: {use: random, topk: 1}, label: {use: existing}}\n"
        "---\n{apiVersion: ymir/v1, kind: Executor, name: e, command: [run]}\n"
    )
    say("site", "night", "test", "old", more=", protect: true", extra=project)
    say("site", "night", "test")
    said = prune(workspace, "--yes")
    assert "nothing to prune" in said
    with pytest.raises(SpecError, match="was protected when its spec was removed") as refused:
        prune(workspace, "helmet", "--yes")
    assert "specs/all.yaml says `protect: true`" in refused.value.hint
    assert list(workspace.glob("data/rounds/helmet/*"))
    say("site", "night", "test", "old", extra=project.replace("protect: true, ", ""))
    say("site", "night", "test")
    assert "- old@v1  3 images" in prune(workspace, "helmet", "--yes")
    assert not list(workspace.glob("data/rounds/helmet/*"))


def test_a_spec_that_was_never_committed_protects_nothing(workspace):
    specify(workspace, "site", "night", "test", "old", more=", protect: true")
    specify(workspace, "site", "night", "test")
    assert "- old@v1  3 images" in prune(workspace, "--yes")
