"""Whole loops: real commands, real git, real DVC, a real executor that learns in milliseconds."""

import json
import shutil
from pathlib import Path

import pytest

from tests.workspaces import COLOURS, Workspace, draw, make, write_image


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project that has met its goal. Read it, never change it: copy it with `copied`."""
    workspace = make(tmp_path_factory.mktemp("loop") / "pets")
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    return workspace


@pytest.fixture
def copied(done: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(done.root, tmp_path / "pets", symlinks=True)
    return Workspace(tmp_path / "pets")


def stages_made(workspace: Workspace) -> list[str]:
    return [entry["stage"] for entry in workspace.events() if entry["event"] == "recorded"]


def test_the_goal_is_met_after_a_few_rounds(done: Workspace) -> None:
    status = done.data("status")
    rounds = status["rounds"]["pets"]
    assert status["projects"][0]["decision"] == "goal met"
    values = [each["map"] for each in rounds]
    assert values == sorted(values)
    assert values[0] < 0.5 < 0.95 <= values[-1]
    assert rounds[0]["map_high"] < rounds[-1]["map_low"], "the gain is more than noise"
    assert 2 <= len(rounds) <= 5
    assert rounds[-1]["labels"] == 6 * (len(rounds) - 1)


def test_a_second_apply_does_nothing(copied: Workspace) -> None:
    before = stages_made(copied)
    head = copied.run("git", "rev-parse", "HEAD")
    applied = copied.ymir("apply")
    assert applied.returncode == 0
    assert "nothing to do" in applied.stdout
    assert stages_made(copied) == before
    assert copied.run("git", "rev-parse", "HEAD") == head


def test_git_and_dvc_are_clean_afterwards(done: Workspace) -> None:
    assert done.run("git", "status", "--porcelain") == ""
    assert done.run("dvc", "status").strip() == "Data and pipelines are up to date."
    media = Workspace(done.root / "media")
    assert media.run("dvc", "status").strip() == "Data and pipelines are up to date."


def test_each_stage_is_a_commit_and_each_round_a_tag(done: Workspace) -> None:
    log = done.data("log")
    rounds = len(done.data("status")["rounds"]["pets"])
    stages = [(e["project"], e["round"], e["stage"]) for e in log if "round" in e]
    assert len(stages) == len(set(stages)) == 6 * rounds + 3 * (rounds - 1)
    assert done.run("git", "tag").split() == [f"pets/r{n}" for n in range(1, rounds + 1)]
    changed = done.run("dvc", "metrics", "diff", "pets/r1", f"pets/r{rounds}", "--json")
    gain = json.loads(changed)["reports/pets/metrics.json"]["map"]["diff"]
    assert gain > 0.4


def test_editing_topk_and_goal_plans_exactly_one_more_round_and_redoes_none(
    tmp_path: Path,
) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.3, "rounds": 5})
    assert workspace.ymir("apply").returncode == 0
    before = stages_made(workspace)
    workspace.spec(goal={"map": 0.6, "rounds": 5}, mine={"use": "entropy", "topk": 9})
    plan = workspace.data("plan")
    planned = [step["stage"] for step in plan["steps"]]
    assert {name.rsplit("/", 1)[0] for name in planned} == {"pets/r1", "pets/r2", "pets"}
    assert {(edit["category"], edit["what"]) for edit in plan["edits"]} == {
        ("pointer", "goal.map: 0.3 → 0.6")
    }
    assert workspace.ymir("apply").returncode == 0
    again = [stage for stage in stages_made(workspace)[len(before) :] if stage in before]
    assert set(again) <= {"pets/report"}
    assert len(workspace.data("status")["rounds"]["pets"]) == 2


def test_a_fresh_clone_is_restored_from_a_directory_remote(
    copied: Workspace, tmp_path: Path
) -> None:
    spec = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../store\n"
    (copied.root / "specs" / "workspace.yaml").write_text(spec)
    assert copied.ymir("apply").returncode == 0
    pushed = copied.ymir("push")
    assert pushed.returncode == 0, pushed.stderr
    copied.run("git", "add", "--all")
    copied.run("git", "commit", "--quiet", "--message", "Remote")
    copied.run("git", "clone", "--quiet", str(copied.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    pulled = clone.ymir("pull")
    assert pulled.returncode == 0, pulled.stderr
    planned = clone.ymir("plan")
    assert planned.returncode == 0, planned.stdout
    assert "nothing to do" in planned.stdout
    assert clone.run("dvc", "status").strip() == "Data and pipelines are up to date."
    pages = {path.name for path in (clone.root / "reports/pets/html").iterdir()}
    assert {"index.html", "r1.html", "r2.html"} <= pages


def test_folders_that_somebody_removed_are_laid_out_again(copied: Workspace) -> None:
    for folder in ("data/rounds/pets/1", "data/datasets/base/v1", "reports/pets/html"):
        shutil.rmtree(copied.root / folder)
    for batch in (copied.root / "media" / "pool").glob("*/"):
        shutil.rmtree(batch)
    shutil.rmtree(copied.root / ".ymir")
    applied = copied.ymir("apply")
    assert applied.returncode == 0
    assert "nothing to do" in applied.stdout
    assert copied.run("dvc", "status").strip() == "Data and pipelines are up to date."
    media = Workspace(copied.root / "media")
    assert media.run("dvc", "status").strip() == "Data and pipelines are up to date."


def test_an_unchanged_source_makes_no_version_and_a_changed_one_the_next(copied: Workspace) -> None:
    annotation = copied.root / "raw" / "base" / "Annotations" / "base-000.xml"
    annotation.touch()
    assert copied.ymir("plan").returncode == 0
    write_image(copied.root / "raw" / "base", "extra", [(3, COLOURS[20])])
    stored = len(list((copied.root / "media" / "pool").glob("*/*/*")))
    assert copied.ymir("plan").returncode == 2
    assert copied.ymir("apply").returncode == 0
    assert (copied.root / "data" / "datasets" / "base" / "v2.dvc").exists()
    assert len(list((copied.root / "media" / "pool").glob("*/*/*"))) == stored + 1
    assert "pets/r1/train" not in stages_made(copied)[-1:]


def test_new_test_images_score_sealed_models_again(copied: Workspace) -> None:
    rounds = len(copied.data("status")["rounds"]["pets"])
    draw(copied.root / "raw" / "test", count=40, colours=COLOURS, seed=9)
    plan = copied.ymir("plan")
    assert "test" in plan.stdout
    assert copied.ymir("apply").returncode == 0
    made = stages_made(copied)
    assert made.count("pets/r1/judge") == 2
    assert all(made.count(f"pets/r{n}/train") == 1 for n in range(1, rounds + 1))


def test_no_commit_leaves_git_alone(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    head = workspace.run("git", "rev-parse", "HEAD")
    assert workspace.ymir("apply", "--no-commit").returncode == 0
    assert workspace.run("git", "rev-parse", "HEAD") == head
    assert workspace.run("git", "status", "--porcelain") != ""


def test_a_project_that_runs_out_of_rounds_exits_with_4(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.99, "rounds": 1})
    applied = workspace.ymir("apply")
    assert applied.returncode == 4
    assert "the limit of 1 round is reached" in applied.stdout


@pytest.mark.parametrize("use", ["random", "executor"])
def test_other_ways_to_mine(tmp_path: Path, use: str) -> None:
    workspace = make(
        tmp_path / "pets", mine={"use": use, "topk": 10}, goal={"map": 0.9, "rounds": 3}
    )
    applied = workspace.ymir("apply")
    assert applied.returncode in (0, 4), applied.stdout + applied.stderr
    rounds = workspace.data("status")["rounds"]["pets"]
    assert rounds[1]["labels"] == 10
    assert rounds[1]["map"] > rounds[0]["map"]


def test_weights_of_the_round_before_are_handed_on(tmp_path: Path) -> None:
    workspace = make(
        tmp_path / "pets",
        train={"executor": "blocks", "start_from": "previous"},
        goal={"map": 0.99, "rounds": 2},
    )
    workspace.ymir("apply")
    memories = [
        json.loads((workspace.root / f"data/rounds/pets/{n}/model/memory.json").read_text())
        for n in (1, 2)
    ]
    assert memories[0].items() <= memories[1].items()


def test_a_model_reported_in_the_old_form_is_judged_and_packed(tmp_path: Path) -> None:
    train = {"executor": "blocks", "with": {"old": True}}
    workspace = make(tmp_path / "pets", train=train, goal={"map": 0.99, "rounds": 1})
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert (workspace.root / "data/rounds/pets/1/pets-r1.tar.gz").is_file()


def test_a_restart_begins_a_new_generation_and_keeps_the_labels(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.99, "rounds": 2})
    assert workspace.ymir("apply").returncode == 4
    strange = workspace.ymir("apply", "--restart", "pest")
    assert strange.returncode == 1
    assert "the projects are pets" in strange.stderr
    assert workspace.ymir("apply", "--restart", "pets", "--allow", "retrain").returncode == 0
    rounds = workspace.data("status")["rounds"]["pets"]
    assert [each["round"] for each in rounds] == [1, 2, 3, 4]
    assert [each["labels"] for each in rounds] == [0, 6, 6, 12]
    assert [each["training_images"] for each in rounds] == [6, 12, 12, 18]


def test_plain_dvc_sends_and_restores_everything_too(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.99, "rounds": 1})
    # DVC takes a remote's relative path from `/` where it looks into tags.
    spec = f"apiVersion: ymir/v1\nkind: Workspace\nremote: {tmp_path}/store\n"
    (workspace.root / "specs" / "workspace.yaml").write_text(spec)
    assert workspace.ymir("apply").returncode == 4
    for root in (workspace.root, workspace.root / "media"):
        Workspace(root).run("dvc", "push", "--all-tags")
    assert workspace.data("push") == {"objects": 0}
    workspace.run("git", "clone", "--quiet", str(workspace.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    for root in (clone.root, clone.root / "media"):
        Workspace(root).run("dvc", "pull")
    planned = clone.ymir("plan")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "nothing to do" in planned.stdout
