"""Broken data, disks and habits: a clear line, nothing half-recorded, the next run goes on."""

import json
import shutil
from pathlib import Path

import pytest

from tests.workspaces import Workspace, make


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace before its first `apply`. Never change it: copy it."""
    return make(tmp_path_factory.mktemp("fresh") / "pets", goal={"map": 0.1, "rounds": 1})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with two rounds. Never change it: copy it."""
    workspace = make(tmp_path_factory.mktemp("done") / "pets", goal={"map": 0.6, "rounds": 3})
    assert workspace.ymir("apply").returncode == 0
    return workspace


def copy(workspace: Workspace, into: Path) -> Workspace:
    shutil.copytree(workspace.root, into / "pets", symlinks=True)
    return Workspace(into / "pets")


def strip(folder: Path, label: str) -> None:
    """Rename the objects of one class to the other, in every annotation."""
    for path in (folder / "Annotations").iterdir():
        path.write_text(path.read_text().replace(f"<name>{label}<", "<name>cat<"))


def test_a_testing_set_without_objects_is_refused_before_anything_is_trained(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    shutil.rmtree(workspace.root / "raw" / "test" / "Annotations")
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "the testing set `test` has no box of `cat`, `dog`" in applied.stdout
    assert "pets/r1/train …" not in applied.stdout


def test_a_class_with_a_goal_of_its_own_must_be_in_the_testing_set(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    workspace.spec(goal={"per_class": {"dog": 0.5}, "rounds": 1})
    strip(workspace.root / "raw" / "test", "dog")
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "the testing set `test` has no box of `dog`" in applied.stdout


def test_a_training_set_without_objects_is_refused(fresh: Workspace, tmp_path: Path) -> None:
    workspace = copy(fresh, tmp_path)
    shutil.rmtree(workspace.root / "raw" / "base" / "Annotations")
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "the training set of 6 images has no box of `cat`, `dog`" in applied.stdout


def test_sets_of_one_role_that_disagree_are_named_with_a_way_out(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    shutil.copytree(workspace.root / "raw" / "base", workspace.root / "raw" / "other")
    strip(workspace.root / "raw" / "other", "dog")
    other = "\n---\n{apiVersion: ymir/v1, kind: Dataset, name: other, from: "
    spec = workspace.root / "specs" / "all.yaml"
    text = spec.read_text().replace("training: base", "training: [base, other]")
    spec.write_text(f"{text}{other}{{format: voc, path: raw/other}}}}\n")
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "`base`, `other`: " in applied.stdout
    assert "`merge: [base, other]` with `on_conflict: first`" in applied.stdout


def test_what_people_changed_or_staged_is_never_committed(fresh: Workspace, tmp_path: Path) -> None:
    workspace = copy(fresh, tmp_path)
    with (workspace.root / ".gitignore").open("a") as ignored:
        ignored.write("*.log\n")
    (workspace.root / "reports" / "notes.md").write_text("mine")
    (workspace.root / "staged.md").write_text("mine")
    workspace.run("git", "add", "staged.md")
    assert workspace.ymir("apply").returncode == 0
    left = workspace.run("git", "status", "--porcelain").splitlines()
    assert sorted(left) == [" M .gitignore", "?? reports/notes.md", "A  staged.md"]


def test_the_address_of_the_remote_is_committed_for_those_who_clone(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    spec = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../store\n"
    (workspace.root / "specs" / "workspace.yaml").write_text(spec)
    assert workspace.ymir("apply").returncode == 0
    assert workspace.run("git", "status", "--porcelain") == "?? specs/workspace.yaml\n"
    assert "../store" in workspace.run("git", "show", "HEAD:.dvc/config")


def test_a_deleted_record_is_missed_and_stays_in_git(done: Workspace, tmp_path: Path) -> None:
    workspace = copy(done, tmp_path)
    record = workspace.root / "data" / "rounds" / "pets" / "1.dvc"
    record.unlink()
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "round 1 is not recorded" in applied.stderr
    workspace.run("git", "checkout", "--", str(record))
    assert workspace.ymir("plan").returncode == 0


def test_a_full_disk_is_explained_and_the_next_run_goes_on(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    events = workspace.root / ".ymir" / "events.jsonl"
    events.parent.mkdir(exist_ok=True)
    events.symlink_to("/dev/full")
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "No space left on device" in applied.stderr
    assert "Traceback" not in applied.stderr
    events.unlink()
    assert workspace.ymir("apply").returncode == 0
    assert workspace.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("command", ["plan", "apply", "status", "push", "pull"])
def test_errors_are_json_for_programs(fresh: Workspace, tmp_path: Path, command: str) -> None:
    workspace = copy(fresh, tmp_path)
    (workspace.root / "specs" / "wrong.yaml").write_text("kind: Datset\n")
    said = workspace.ymir(command, "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["exit"] == 1
    assert "did you mean `Dataset`" in json.loads(said.stdout)["error"]
    assert "did you mean `Dataset`" in said.stderr


def test_a_removed_class_says_how_to_begin_anew(done: Workspace, tmp_path: Path) -> None:
    workspace = copy(done, tmp_path)
    spec = workspace.root / "specs" / "all.yaml"
    spec.write_text(spec.read_text().replace("labels: [cat, dog]", "labels: [cat]"))
    for command in ("plan", "status"):
        assert "`ymir apply --restart pets --allow retrain`" in workspace.ymir(command).stdout


def test_an_executor_that_writes_into_its_images_is_refused_and_they_come_back(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = copy(fresh, tmp_path)
    remote = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../store\n"
    (workspace.root / "specs" / "workspace.yaml").write_text(remote)
    goal = {"map": 0.1, "rounds": 1}
    workspace.spec(goal=goal, train={"executor": "blocks", "with": {"fail": True}})
    assert workspace.ymir("apply").returncode == 1
    assert workspace.ymir("push").returncode == 0
    workspace.spec(goal=goal, train={"executor": "blocks", "with": {"scribble": True}})
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "the executor wrote into 12 of its images" in applied.stdout
    workspace.spec(goal=goal)
    assert "12 of 12 images are not here" in workspace.ymir("apply").stderr
    assert workspace.data("pull") == {"objects": 12}
    assert workspace.ymir("apply").returncode == 0
    media = Workspace(workspace.root / "media")
    assert media.run("dvc", "status").strip() == "Data and pipelines are up to date."


def test_torn_notes_of_earlier_runs_do_no_harm(done: Workspace, tmp_path: Path) -> None:
    workspace = copy(done, tmp_path)
    notes = [workspace.root / ".ymir" / name for name in ("failures.json", "events.jsonl")]
    notes += (workspace.root / ".ymir" / "sources").iterdir()
    for path in notes:
        path.write_text("{")
    assert workspace.ymir("plan").returncode == 0
    assert workspace.ymir("apply").returncode == 0


@pytest.mark.parametrize("undo", [("git", "reset", "--quiet", "--soft", "HEAD~1"), ("true",)])
def test_a_run_that_was_killed_before_it_tagged_a_round_is_caught_up_with(
    done: Workspace, tmp_path: Path, undo: tuple[str, ...]
) -> None:
    workspace = copy(done, tmp_path)
    tags = workspace.run("git", "tag").split()
    workspace.run(*undo)
    workspace.run("git", "tag", "--delete", tags[-1])
    assert workspace.ymir("apply").returncode == 0
    assert workspace.run("git", "tag").split() == tags
    assert workspace.run("git", "status", "--porcelain") == ""
