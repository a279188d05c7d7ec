import json
import re
import subprocess
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.media.pictures import put
from tests.migration.repositories import REAL, one_image, stops, unpack
from tests.workspaces import Workspace
from ymir.dvc.objects import md5_of_file
from ymir.media.tables import read_table
from ymir.migration.mir import Wish, migrate

TRUTH = ["street", "yard-1", "shapes", "bare", "both", "cars"]
PREDICTED = ["yard-1-predictions", "both-predictions", "cars-predictions"]


@pytest.fixture(scope="module")
def moved(tmp_path_factory) -> tuple[Workspace, str]:
    """The real repository as a workspace, and what the command said."""
    folder = tmp_path_factory.mktemp("moved")
    repository = unpack(folder)
    before = state(folder)
    done = Workspace(folder).ymir("migrate", "mir", str(repository), "ws", "--reject", "skip")
    assert done.returncode == 0, done.stdout + done.stderr
    after = {name: each for name, each in state(folder).items() if not name.startswith("ws/")}
    assert after == before
    return Workspace(folder / "ws"), done.stdout


def state(folder: Path) -> dict[str, str]:
    """Every file, with a digest of its content."""
    return {
        path.relative_to(folder).as_posix(): md5_of_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(workspace: Workspace, name: str) -> pl.DataFrame:
    return read_table(workspace.root / "data" / "datasets" / name / "v1" / "images.parquet")


def row(workspace: Workspace, name: str, file: str) -> dict:
    (found,) = table(workspace, name).filter(pl.col("file") == f"images/{file}").to_dicts()
    return found


def corners(each: dict) -> tuple[float, ...]:
    return tuple(each[side] for side in "xywh")


def mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


def test_a_new_workspace_is_up_to_date_and_committed(moved):
    workspace, _ = moved
    plan = workspace.ymir("plan")
    assert (plan.returncode, plan.stdout.strip()) == (0, "nothing to do")
    assert workspace.run("git", "status", "--porcelain") == ""
    assert "raw/" not in workspace.run("git", "ls-files")


def test_every_dataset_has_what_mir_itself_shows(moved):
    workspace, _ = moved
    shown = json.loads(REAL.with_name("shown.json").read_text())
    account = json.loads((workspace.root / "migration.json").read_text())
    found = {each["source"].partition("@")[0]: {} for each in account["datasets"]}
    for each in account["datasets"]:
        found[each["source"].partition("@")[0]][each["holds"]] = each
    assert {name: each["labels"]["images"]["in"] for name, each in found.items()} == {
        name: each["images"] for name, each in shown.items()
    }
    assert {name for name, each in shown.items() if each["predicted"]} == {
        name for name, each in found.items() if "predictions" in each
    }
    for name, kept in (("both", 8), ("cars", 7), ("street", 8), ("shapes", 2), ("bare", 2)):
        images = table(workspace, name)
        lost = found[name]["labels"]["boxes"]["rejected"]  # of an image that is a bmp
        labelled = images.filter(pl.col("objects").list.len() > 0).height
        assert (images.height, labelled + lost) == (kept, shown[name]["labelled"])


def test_the_balance_is_said_and_adds_up(moved):
    _, said = moved
    lines = re.findall(r"(\d+) (?:images|boxes) = (\d+) kept \+ (\d+) rejected", said)
    assert len(lines) == 2 * len([*TRUTH, *PREDICTED])
    assert all(int(found) == int(kept) + int(lost) for found, kept, lost in lines)
    assert "8 datasets = 6 kept + 2 without images" in said
    assert re.search(r"yard-1 +5 images = 4 kept \+ 1 rejected, 5 boxes = 4 kept \+ 1", said)


def test_what_is_not_kept_is_counted(moved):
    workspace, said = moved
    not_kept = json.loads((workspace.root / "migration.json").read_text())["not_kept"]
    assert not_kept["models"] == 1
    assert not_kept["failed tasks"] == 2
    assert not_kept["older versions"] == 1
    assert "models (1), failed tasks (2)" in said


def test_the_newest_version_that_did_not_fail_is_taken(moved):
    workspace, _ = moved
    account = json.loads((workspace.root / "migration.json").read_text())
    sources = {each["name"]: each["source"] for each in account["datasets"]}
    assert sources["street"] == "street@t8"  # t9 has failed
    assert "refused" not in sources


def test_boxes_of_voc_begin_a_pixel_earlier_than_mir_says(moved):
    workspace, said = moved
    person, car = sorted(row(workspace, "street", "straße 0.jpg")["objects"], key=corners)
    assert (person["label"], corners(person)) == ("person", (0, 0, 64, 48))
    assert (car["label"], corners(car)) == ("car", (10, 10, 10, 20))
    assert "counted from 1" in said


def test_tags_attributes_qualities_and_splits_are_kept(moved):
    workspace, _ = moved
    first = row(workspace, "both", "straße 0.jpg")
    wanted = {"weather": "rain", "camera": "north", "image_quality": "0.9", "split": "training"}
    assert mapping(first["tags"]) == wanted
    car = next(each for each in first["objects"] if each["label"] == "car")
    assert mapping(car["attributes"]) == {"colour": "red", "parked": "yes"}
    light = row(workspace, "both", "1.jpg")["objects"]
    rated = next(each for each in light if each["label"] == "traffic light")
    assert mapping(rated["attributes"]) == {"box_quality": "0.75"}
    tilted = row(workspace, "both", "2.jpg")["objects"]
    assert {"key": "rotate_angle", "value": "0.5"} in [
        tag for each in tilted for tag in each["attributes"]
    ]
    assert mapping(row(workspace, "both", "6.jpg")["tags"]) == {"split": "validation"}


def test_shapes_masks_and_crowds_are_kept_and_counted_from_zero(moved):
    workspace, _ = moved
    polygon, mask = sorted(row(workspace, "shapes", "20.jpg")["objects"], key=corners)
    assert corners(polygon) == (2, 2, 20, 10)
    assert json.loads(polygon["mask"]) == [[2, 2, 22, 2, 22, 12, 2, 12]]
    assert (json.loads(mask["mask"])["size"], mask["crowd"]) == ([48, 64], True)
    assert not polygon["crowd"]


def test_predictions_are_a_dataset_of_their_own_with_scores(moved):
    workspace, _ = moved
    found = row(workspace, "yard-1-predictions", "4.jpg")["objects"]
    assert sorted((each["label"], round(each["score"], 4)) for each in found) == [
        ("car", 0.45),
        ("person", 0.25),
    ]
    assert row(workspace, "yard-1-predictions", "6.jpg")["objects"] == []
    scores = table(workspace, "yard-1")["objects"].explode().struct.field("score")
    assert scores.null_count() == len(scores)


def test_images_are_the_ones_of_the_repository(moved):
    workspace, _ = moved
    media = workspace.root.parent / "media"
    theirs = {md5_of_file(each) for each in media.rglob("*") if each.is_file()}
    ours = {image for name in TRUTH for image in table(workspace, name)["image"]}
    assert len(theirs - ours) == 1  # the bmp
    assert ours < theirs


def test_images_are_copied_once_and_never_shared_with_the_repository(moved):
    workspace, _ = moved
    media = workspace.root.parent / "media"
    assert {each.stat().st_nlink for each in media.rglob("*") if each.is_file()} == {1}
    name = "images/straße 0.jpg"
    street, both = (workspace.root / "raw" / each / name for each in ("street", "both"))
    assert street.samefile(both)


def test_labels_keep_their_order_and_aliases(moved):
    workspace, _ = moved
    spec = yaml.safe_load((workspace.root / "specs" / "labels.yaml").read_text())
    assert spec["classes"][0] == {"name": "person", "aliases": ["human", "pedestrian"]}
    assert spec["classes"][-1] == "unused"


def test_without_leave_to_skip_everything_that_is_wrong_is_listed(tmp_path):
    done = Workspace(tmp_path).ymir("migrate", "mir", str(unpack(tmp_path)), "ws")
    assert done.returncode == 1
    assert done.stderr.count("old.bmp: images must be jpg or png") == 4
    assert "--reject skip" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["media", "repository"]


def test_a_folder_that_exists_is_left_alone(tmp_path):
    put(tmp_path / "ws" / "mine.txt", "x")
    done = Workspace(tmp_path).ymir("migrate", "mir", str(unpack(tmp_path)), "ws")
    assert (done.returncode, "exists already" in done.stderr) == (1, True)
    assert [path.name for path in (tmp_path / "ws").iterdir()] == ["mine.txt"]


def test_a_clone_of_the_repository_needs_its_labels_and_images_named(tmp_path):
    original = unpack(tmp_path)
    clone = tmp_path / "far" / "clone"
    subprocess.run(["git", "clone", "--quiet", original, clone], check=True)
    stops(clone, "are not beside it")
    into = tmp_path / "into"
    into.mkdir()
    labels = original / ".mir" / "labels.yaml"
    done = migrate(Wish(clone, tmp_path / "media", labels, is_strict=False), into)
    assert [part.name for part in done.parts if part.is_truth] == sorted(TRUTH, key=_as_branch)


def _as_branch(name: str) -> str:
    """Where a dataset stands among the branches: capital letters come first."""
    return name.replace("yard-1", "Yard_1")


def test_a_repository_without_a_labels_file_has_the_names_of_its_boxes(tmp_path):
    repository = one_image(tmp_path)
    (repository / ".mir" / "labels.yaml").unlink()
    (tmp_path / "into").mkdir()
    migrate(Wish(repository), tmp_path / "into")
    assert "- car" in (tmp_path / "into" / "specs" / "labels.yaml").read_text()


def test_some_datasets_can_be_asked_for_by_name(tmp_path):
    repository = unpack(tmp_path)
    into = tmp_path / "made"
    into.mkdir()
    done = migrate(Wish(repository, datasets=("street", "shapes")), into)
    assert [part.name for part in done.parts] == ["shapes", "street"]
    assert sorted(path.name for path in (into / "raw").iterdir()) == ["shapes", "street"]
    assert done.not_kept["branches that were not asked for"] == 7
    stops(repository, "no dataset called `stret`", datasets=("stret",))
