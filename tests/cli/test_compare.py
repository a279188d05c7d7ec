"""`ymir compare` puts rounds, projects, models and packages side by side, and runs what it must."""

import json
import signal
import time
from pathlib import Path

import pytest
import yaml

from tests.comparison.contest import contest
from tests.loop.test_models import package
from tests.package.packed import repacked
from tests.workspaces import Workspace, write_image
from ymir.backends.process import connect
from ymir.contracts.backend import Job
from ymir.contracts.ticket import tickets
from ymir.errors import Exit

PACKAGE = "data/rounds/pets/1/pets-r1.tar.gz"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return contest(tmp_path_factory.mktemp("contest") / "pets")


def scores(workspace: Workspace, project: str, number: int, role: str = "testing") -> dict:
    file = workspace.root / "data" / "rounds" / project / str(number) / "metrics.json"
    return json.loads(file.read_text())[role]


def kept(workspace: Workspace) -> dict[str, int]:
    """The files with what models found, and when each was written."""
    files = (workspace.root / ".ymir" / "compare").glob("*/*.parquet")
    return {path.as_posix(): path.stat().st_mtime_ns for path in files}


def refused(workspace: Workspace, *words: str) -> str:
    done = workspace.ymir("compare", *words)
    assert done.returncode == 1, done.stdout
    assert "mAP" not in done.stdout
    return done.stderr


def test_rounds_are_read_from_their_records_and_nothing_is_run(workspace: Workspace) -> None:
    before = kept(workspace)
    said = workspace.data("compare", "pets/r1", "pets/r2")
    assert kept(workspace) == before
    for each, number in zip(said["contenders"], (1, 2), strict=True):
        judged = scores(workspace, "pets", number)
        assert (each["map"], each["map_50_95"]) == (judged["map"], judged["map_50_95"])
        assert each["threshold"] == judged["threshold"]
        assert each["says"].startswith(f"round {number} of pets, trained on ")
    assert (said["testing"], said["images"]) == ("test@v1", 30)
    gap = (
        scores(workspace, "pets", 2)["map"]["value"] - scores(workspace, "pets", 1)["map"]["value"]
    )
    assert said["differences"][0]["change"]["value"] == pytest.approx(gap)
    assert said["differences"][0]["is_real"]
    assert said["headline"].startswith(f"pets/r2 is better than pets/r1 by {gap:.3f} mAP (")


def test_people_read_the_same_figures_in_a_table(workspace: Workspace) -> None:
    said = workspace.data("compare", "pets/r1", "pets/r2")
    done = workspace.ymir("compare", "pets/r1", "pets/r2")
    lines = done.stdout.splitlines()
    assert lines[0] == said["headline"]
    first, second = (
        next(line for line in lines[1:] if line.startswith(f"pets/r{n} ")) for n in (1, 2)
    )
    for line, each in ((first, said["contenders"][0]), (second, said["contenders"][1])):
        half = (each["map"]["high"] - each["map"]["low"]) / 2
        assert f"{each['map']['value']:.3f} ± {half:.3f}" in line
    assert second.endswith("  real")
    cat = next(line for line in lines[1:] if line.startswith("cat "))
    assert cat.split()[1:4] == [
        str(said["classes"][0]["boxes"]),
        *(f"{each['value']:.3f}" for each in said["classes"][0]["ap50"]),
    ]


def test_a_project_is_its_newest_round_and_equal_models_differ_by_nothing(
    workspace: Workspace,
) -> None:
    said = workspace.data("compare", "pets/r2", "pets")
    assert said["contenders"][1]["says"].startswith("round 2 of pets")
    assert {each["change"]["value"] for each in said["differences"]} == {0.0}
    assert said["headline"].endswith("could be chance")


def test_projects_with_one_testing_set_are_compared_whatever_the_order_of_their_classes(
    workspace: Workspace,
) -> None:
    before = kept(workspace)
    said = workspace.data("compare", "pets/r1", "hounds")
    assert [each["label"] for each in said["classes"]] == ["cat", "dog"]
    for each, project in zip(said["contenders"], ("pets", "hounds"), strict=True):
        judged = {one["label"]: one["ap50"] for one in scores(workspace, project, 1)["per_class"]}
        place = said["contenders"].index(each)
        assert {row["label"]: row["ap50"][place] for row in said["classes"]} == judged
    assert kept(workspace) == before


def test_an_imported_model_is_run_once_with_its_classes_by_their_names_here(
    workspace: Workspace,
) -> None:
    first = workspace.ymir("compare", "pets/r1", "before")
    assert first.returncode == 0, first.stderr
    assert "before looks at the images" in first.stdout
    found = kept(workspace)
    again = workspace.ymir("compare", "before@v1", "pets/r1")
    assert again.returncode == 0, again.stderr
    assert "looks at the images" not in again.stdout
    assert kept(workspace) == found
    said = workspace.data("compare", "pets/r1", "before")
    assert [each["label"] for each in said["classes"]] == ["cat", "dog"]
    assert said["contenders"][1]["says"] == "a model that was imported (v1), made by blocks"
    assert said["classes"][0]["ap50"][1]["value"] > 0
    assert not [*(workspace.root / ".ymir" / "jobs").glob("predict-*")]


def test_a_package_scores_what_its_round_scored(workspace: Workspace) -> None:
    said = workspace.data("compare", "pets/r1", PACKAGE)
    assert said["contenders"][1]["name"] == "pets-r1.tar.gz"
    assert said["contenders"][0]["map"] == said["contenders"][1]["map"]
    assert said["differences"][0]["change"]["value"] == 0


def test_models_without_a_round_share_no_testing_set_until_one_is_named(
    workspace: Workspace,
) -> None:
    why = refused(workspace, "before", PACKAGE)
    assert "none of these is a round" in why
    assert "`--on DATASET`" in why
    said = workspace.data("compare", "before", PACKAGE, "--on", "test")
    assert said["testing"] == "test@v1"
    assert said["contenders"][1]["map"] == scores(workspace, "pets", 1)["map"]


def test_rounds_of_different_testing_sets_are_not_compared_by_accident(
    workspace: Workspace,
) -> None:
    why = refused(workspace, "pets/r2", "apart")
    assert "`pets/r2` was judged on `test@v1`, and `apart/r1` on `val@v1`" in why
    assert "`--on test@v1` runs each model on that set" in why


def test_on_a_dataset_rounds_that_know_it_are_read_and_others_are_run(
    workspace: Workspace,
) -> None:
    before = kept(workspace)
    said = workspace.data("compare", "pets/r1", "apart/r1", "--on", "val")
    assert kept(workspace) == before  # it is the validation set of one, and tests the other
    assert said["contenders"][0]["map"] == scores(workspace, "pets", 1, "validation")["map"]
    assert said["contenders"][1]["map"] == scores(workspace, "apart", 1)["map"]
    mixed = workspace.data("compare", "pets/r1", "hounds", "--on", "pool@v1")
    found = kept(workspace)
    assert len(found) == len(before) + 2
    assert workspace.data("compare", "hounds", "pets/r1", "--on", "pool")["images"] == 40
    assert kept(workspace) == found
    assert (mixed["testing"], mixed["images"]) == ("pool@v1", 40)


def test_two_datasets_may_be_judged_on_at_once(workspace: Workspace) -> None:
    said = workspace.data("compare", "pets/r1", "pets/r2", "--on", "val", "--on", "test")
    assert (said["testing"], said["images"]) == ("val@v1, test@v1", 36)


def test_images_that_a_round_was_trained_on_are_told(workspace: Workspace) -> None:
    said = workspace.data("compare", "pets/r1", "before", "--on", "base")
    assert "pets/r1 was trained on 6 of these images, so its figures are too good" in said["reason"]
    assert "before was trained" not in said["reason"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["pets/r1"], "one model alone cannot be compared"),
        (["pets", "pets"], "`pets` is named twice"),
        (["pets/r1", "pats"], "did you mean `pets`?"),
        (["pets/r1", "pets/r7"], "did you mean `pets/r"),
        (["pets/r1", "befor@v1"], "did you mean `before@v1`?"),
        (["pets/r1", "before@v9"], "did you mean `before@v1`?"),
        (["pets/r1", "gone.tar.gz"], "there is no file `gone.tar.gz`"),
        (["pets/r1", "specs/all.yaml"], "`all.yaml` is"),
        (["pets/r1", "../../etc"], "there is no round, project or model called `../../etc`"),
        (["pets/r1", "x" * 5000], "there is no round, project or model"),
        (["pets/r1", "a/b/c/../d"], "there is no round, project or model"),
        (["pets/r1", "\x1b[2Jr1"], "called `\\u001b[2Jr1`"),
        (["pets/r1", "pets/r2", "--on", "tset"], "did you mean `test`?"),
        (["pets/r1", "pets/r2", "--on", "test@v7"], "there is `test@v1`"),
        (["pets/r1", "pets/r2", "--on", "guesses"], "of `guesses@v1` have scores: they are predi"),
        (["pets/r1", "pets/r2", "--on", "bare"], "`bare@v1` has no box: no model can be judged"),
        (["pets/r1", "pets/r2", "--on", "model:before"], "no dataset called `model:before`"),
    ],
)
def test_what_cannot_be_compared_says_why(workspace: Workspace, words: list[str], why: str) -> None:
    assert why in refused(workspace, *words)


def test_classes_that_not_all_know_are_left_out_and_named(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = package(
        tmp_path / "more.tar.gz", executor_config={"class_names": ["cow", "Cat", "horse"]}
    )
    said = workspace.data("compare", "pets/r1", str(path))
    assert [each["label"] for each in said["classes"]] == ["cat"]
    assert "Left out, as not all models know them: dog, cow, horse" in said["reason"]
    assert said["contenders"][0]["map"] == said["classes"][0]["ap50"][0]
    other = package(tmp_path / "cow.tar.gz", executor_config={"class_names": ["cow"]})
    why = refused(workspace, "pets/r1", str(other))
    assert "`pets/r1` and `cow.tar.gz` have no class in common" in why


def test_files_of_one_name_are_told_apart(workspace: Workspace, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "m.tar.gz" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        package(path)
    said = workspace.data("compare", *map(str, paths), "--on", "test")
    assert [each["name"] for each in said["contenders"]] == [str(path) for path in paths]


def test_an_executor_that_is_not_known_can_be_replaced(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = package(tmp_path / "x.tar.gz", task_context={"executor": "acme/yolo:1"})
    why = refused(workspace, "pets/r1", str(path))
    assert "the executor `acme/yolo:1` is not known here" in why
    done = workspace.ymir("compare", "pets/r1", str(path), "--executor", "blocks")
    assert done.returncode == 0, done.stderr


def test_a_model_that_cannot_be_run_leaves_nothing_that_looks_found(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = package(tmp_path / "x.tar.gz", task_context={"executor": "blocks"})
    broken = tmp_path / "broken.tar.gz"
    repacked(path, broken, **{"best/memory.json": b"half {"})
    before = kept(workspace)
    assert "the executor failed" in refused(workspace, "pets/r1", str(broken))
    assert kept(workspace) == before


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_job_and_a_later_run_begins_it_again(
    workspace: Workspace, tmp_path: Path, sign: signal.Signals
) -> None:
    sleeps = ["python3", "-c", "import time; time.sleep(600)"]
    slow = {"apiVersion": "ymir/v1", "kind": "Executor", "name": "slow", "command": sleeps}
    (workspace.root / "specs" / "slow.yaml").write_text(yaml.safe_dump(slow))
    path = package(tmp_path / "slow.tar.gz", task_context={"executor": "slow"})
    before, jobs = kept(workspace), workspace.root / ".ymir" / "jobs"
    folders = {*jobs.iterdir()}
    run = workspace.start("compare", "pets/r1", str(path))
    deadline = time.monotonic() + 60
    while not (found := _running(jobs)) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(sign)
    assert run.wait(30) == Exit.PENDING
    assert "stopped; its job has ended" in workspace.said
    assert not connect({}).is_running(found[0])
    assert {*jobs.iterdir()} == folders
    assert kept(workspace) == before
    assert workspace.ymir("compare", "pets/r1", str(path), "--executor", "blocks").returncode == 0


def _running(jobs: Path) -> list[Job]:
    return [each for each in tickets(jobs) if connect({}).is_running(each)]


def test_rounds_judged_before_the_testing_set_changed_say_so(tmp_path: Path) -> None:
    workspace = contest(tmp_path / "pets")
    write_image(workspace.root / "raw" / "test", "test-900", [(0, (17, 61, 113))])
    assert workspace.ymir("apply").returncode == 4
    assert workspace.data("compare", "pets/r1", "pets/r2")["testing"] == "test@v2"
    assert workspace.data("compare", "pets/r1", "before", "--on", "test@v1")["images"] == 30
    specs = workspace.root / "specs" / "all.yaml"
    text = specs.read_text()
    specs.write_text(
        text.replace("testing: test", "testing: pool", 1).replace("mining: pool", "mining: test", 1)
    )
    why = refused(workspace, "pets/r1", "pets/r2")
    assert "`pets/r1` was not judged on `pool`, which its project tests on now" in why
    assert "`ymir apply` judges it anew" in why
    specs.write_text(text.partition("---\napiVersion: ymir/v1\nkind: Project\nname: pets")[0])
    gone = refused(workspace, "pets/r1", "pets/r2")
    assert "no spec defines the project of `pets/r1` any more" in gone
    assert workspace.data("compare", "pets/r1", "pets/r2", "--on", "test")["images"] == 31
