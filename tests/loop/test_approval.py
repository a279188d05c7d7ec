"""Plans that are approved: saved by one clone, merged, applied by another, cut and gone on with."""

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.loop.test_faults import processes_in
from tests.loop.test_people import annotate, parked
from tests.workspaces import COLOURS, Workspace, copied, unproven, write_image

REMOTE = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../store\n"


def clone(origin: Path, to: Path, raw: Path | None = None) -> Workspace:
    """A clone of its own; with the files of its sources, where somebody put them there."""
    to.parent.mkdir(parents=True, exist_ok=True)
    made = Workspace(to)
    Workspace(to.parent).run("git", "clone", "--quiet", str(origin), to.name)
    if raw:
        shutil.copytree(raw, to / "raw")
    return made


def commit(workspace: Workspace, what: str) -> None:
    workspace.run("git", "add", "--all", ".")
    workspace.run("git", "commit", "--quiet", "-m", what)


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pull request was planned in its clone, approved and merged; `main` moved on meanwhile.

    In the folder lie `origin.git`, the `seed` with its sources, and `plan.json`.
    """
    folder = tmp_path_factory.mktemp("approval")
    seed = unproven(folder / "seed", train={"executor": "blocks", "with": {"pause": 1}})
    (seed.root / "specs" / "workspace.yaml").write_text(REMOTE)
    commit(seed, "Where data goes")
    seed.run("git", "clone", "--quiet", "--bare", str(seed.root), str(folder / "origin.git"))
    author = clone(folder / "origin.git", folder / "author", seed.root / "raw")
    author.run("git", "checkout", "--quiet", "-b", "proposal")
    author.spec(
        goal={"map": 0.3, "rounds": 5},
        gates={"package": "ignore"},
        train={"executor": "blocks", "with": {"pause": 1}},
    )
    commit(author, "A goal that can be met")
    planned = author.ymir("plan", "-o", str(folder / "plan.json"))
    assert planned.returncode == 2, planned.stderr
    author.run("git", "push", "--quiet", "origin", "proposal")
    keeper = clone(folder / "origin.git", folder / "keeper")
    (keeper.root / "README.md").write_text("Meanwhile.\n")
    commit(keeper, "Something else")
    keeper.run("git", "merge", "--quiet", "--no-edit", "origin/proposal")
    keeper.run("git", "push", "--quiet", "origin", "HEAD")
    return folder


@pytest.fixture
def main(merged: Path, tmp_path: Path) -> Workspace:
    """Another clone, of what was merged, beside the plan."""
    shutil.copy(merged / "plan.json", tmp_path / "plan.json")
    return clone(merged / "origin.git", tmp_path / "main", merged / "seed" / "raw")


def everything(workspace: Workspace) -> tuple[str, ...]:
    """What must stay as it is when nothing is done: commits, files, pointers."""
    said = workspace.run("git", "rev-parse", "HEAD"), workspace.run("git", "status", "--porcelain")
    names = sorted(str(p) for p in workspace.root.rglob("*") if ".git/" not in str(p))
    return (*said, *(name for name in names if "/.ymir" not in name))


def test_a_plan_of_a_pull_request_is_applied_by_another_clone(main: Workspace) -> None:
    applied = main.ymir("apply", "../plan.json")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    digest = json.loads((main.root.parent / "plan.json").read_text())["digest"]
    made = [each for each in main.data("log") if each.get("stage")]
    assert {each.get("plan") for each in made if each["stage"] != "prepare"} == {digest}
    assert len({each["data"] for each in made if "plan" in each}) == 10, "one state per stage"
    assert main.run("git", "status", "--porcelain") == ""
    before = everything(main)
    again = main.ymir("apply", "../plan.json")
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True), again.stderr
    assert everything(main) == before
    assert main.ymir("plan", "--restart", "pets", "-o", "../anew.json").returncode == 2
    assert json.loads((main.root.parent / "anew.json").read_text())["allow"] == ["retrain"]
    anew = main.ymir("apply", "../anew.json")
    assert anew.returncode == 0, anew.stdout + anew.stderr
    assert "pets/r2/train" in anew.stdout, "nobody is asked: that was approved"


def test_a_spec_that_moved_on_makes_a_plan_stale_and_nothing_is_done(main: Workspace) -> None:
    text = (main.root / "specs" / "all.yaml").read_text()
    (main.root / "specs" / "all.yaml").write_text(text.replace('"map": 0.3', '"map": 0.4'))
    write_image(main.root / "raw" / "extra", "one", [(3, COLOURS[2])])
    (main.root / "specs" / "extra.yaml").write_text(
        "{apiVersion: ymir/v1, kind: Dataset, name: extra, from: {format: voc, path: raw/extra}}"
    )
    commit(main, "More")
    before = everything(main)
    refused = main.ymir("apply", "../plan.json")
    assert refused.returncode == 6
    for line in ("changed: `specs/all.yaml`", "new: `specs/extra.yaml`", "dataset `extra`"):
        assert line in refused.stderr
    assert "ymir plan -o" in refused.stderr
    assert everything(main) == before


def test_files_that_were_to_be_imported_for_the_first_time_are_approved_too(
    main: Workspace,
) -> None:
    next((main.root / "raw" / "pool" / "Annotations").glob("*.xml")).unlink()
    before = everything(main)
    refused = main.ymir("apply", "../plan.json")
    assert refused.returncode == 6
    assert "the files of dataset `pool` have changed" in refused.stderr
    assert everything(main) == before


def test_the_plan_of_another_workspace_is_refused_though_nothing_is_recorded_in_either(
    main: Workspace, tmp_path: Path
) -> None:
    shutil.rmtree(main.root / ".git")
    (main.root / "data" / "lineage").unlink()
    main.run("git", "init", "--quiet")
    commit(main, "The same files, another history")
    refused = main.ymir("apply", "../plan.json")
    assert refused.returncode == 6
    assert "another workspace" in refused.stderr


def cut(workspace: Workspace, how: signal.Signals) -> int:
    """Apply the plan, and end it while the model is trained."""
    running = workspace.start("apply", "../plan.json")
    until = time.monotonic() + 60
    while "r1/train …" not in workspace.said and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(how)
    return running.wait(timeout=60)


def alone(workspace: Workspace, to: Path) -> Workspace:
    """A copy that knows no remote, so nobody else's lease; a job that outlived its run ends."""
    until = time.monotonic() + 60
    while processes_in(workspace) and time.monotonic() < until:
        time.sleep(0.05)
    made = copied(workspace, to)
    made.run("git", "remote", "remove", "origin")
    return made


def test_a_plan_that_was_cut_goes_on_on_this_machine_and_on_another_one(
    main: Workspace, tmp_path: Path
) -> None:
    assert cut(main, signal.SIGTERM) == 2, main.said
    assert main.ymir("push").returncode == 0
    main.run("git", "push", "--quiet", "origin", "HEAD:refs/heads/cut")
    other = clone(tmp_path / "main", tmp_path / "other")
    assert other.ymir("pull").returncode == 0
    applied = other.ymir("apply", "../plan.json")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    here = main.ymir("apply", "../plan.json")
    assert here.returncode == 0, here.stdout + here.stderr


def test_a_plan_that_was_killed_goes_on_but_not_upon_the_work_of_others(
    main: Workspace, tmp_path: Path
) -> None:
    assert cut(main, signal.SIGKILL) == -signal.SIGKILL
    foreign, changed = alone(main, tmp_path / "foreign"), alone(main, tmp_path / "changed")
    assert foreign.ymir("apply").returncode == 0, "without the plan"
    refused = foreign.ymir("apply", "../plan.json")
    assert refused.returncode == 6
    assert "`pets/r1/train`" in refused.stderr
    assert "`base`" not in refused.stderr, "that is what the plan itself has made"
    write_image(changed.root / "raw" / "val", "extra", [(3, COLOURS[20])])
    refused = changed.ymir("apply", "../plan.json")
    assert refused.returncode == 6
    assert "the files of dataset `val` have changed" in refused.stderr
    applied = main.ymir("apply", "../plan.json")
    assert applied.returncode == 0, applied.stdout + applied.stderr


def test_a_plan_that_waits_for_people_goes_on_when_they_are_done(tmp_path: Path) -> None:
    pets, batch = parked(tmp_path)
    assert pets.ymir("plan", "-o", "../plan.json").returncode == 3
    assert pets.ymir("apply", "../plan.json").returncode == 3
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
    applied = pets.ymir("apply", "../plan.json")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert "pets/r2/train" in applied.stdout, "that follows from what the plan shows"
    assert pets.ymir("apply", "../plan.json").returncode == 4, "all of that is its own work"
