"""The example of a repository of YMIR's `mir` as its README tells it."""

import json
from pathlib import Path

from tests.examples.readme import does_nothing, follow
from tests.workspaces import Workspace


def test_the_repository_is_taken_over_whole_and_a_project_trains_on(tmp_path: Path) -> None:
    follow("migrate-mir", tmp_path)
    lamps = Workspace(tmp_path / "lamps")
    account = json.loads((lamps.root / "migration.json").read_text())
    assert account["balance"] == {"in": 5, "kept": 4, "rejected": 1}
    assert all(part["images"]["in"] == part["images"]["kept"] for part in account["datasets"])
    images = {part["name"]: part["images"]["kept"] for part in account["datasets"]}
    assert images == {"lamps-train": 40, "lamps-val": 40, "lamps-test": 100, "lamps-pool": 200}
    rounds = lamps.data("status")["rounds"]["lamps"]
    assert [each["training_images"] for each in rounds] == [40, 60]
    does_nothing(lamps)


def test_the_boxes_are_where_they_were_drawn(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    assert home.ymir("init", "--example", "migrate-mir", "before").returncode == 0
    assert Workspace(tmp_path / "before").ymir("validate").returncode == 0
    assert home.ymir("init", "--example", "docker", "drawn").returncode == 0  # the same pictures
    assert home.ymir("migrate", "mir", "before/mir/repository", "lamps").returncode == 0
    for name in ("train", "val", "test", "pool"):
        taken, drawn = (
            sorted_boxes(tmp_path / folder / "annotations.json")
            for folder in (f"lamps/raw/lamps-{name}", f"drawn/raw/{name}")
        )
        assert taken == drawn


def sorted_boxes(file: Path) -> list[tuple[int, str, list[int]]]:
    """Image by its place, class and box."""
    document = json.loads(file.read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    place = {each["id"]: int(each["file_name"][-8:-4]) for each in document["images"]}
    return sorted(
        (place[each["image_id"]], names[each["category_id"]], each["bbox"])
        for each in document["annotations"]
    )
