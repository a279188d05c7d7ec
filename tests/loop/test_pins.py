"""Versions that specs refer to, as `test@v1`, through whole runs of the commands."""

import json
from pathlib import Path

from tests.workspaces import COLOURS, draw, unproven

GOAL = {"map": 0.99, "rounds": 1}


def test_a_pinned_testing_set_stays_frozen_while_its_dataset_goes_on(tmp_path: Path) -> None:
    pets = unproven(tmp_path / "pets", goal=GOAL)
    specs = pets.root / "specs" / "all.yaml"
    assert pets.ymir("apply").returncode == 4
    first = pets.data("status")["rounds"]["pets"]

    specs.write_text(specs.read_text().replace("testing: test,", "testing: test@v1,"))
    planned = pets.data("plan")
    assert (planned["settled"], planned["edits"]) == (True, []), "the same images: nothing to do"

    draw(pets.root / "raw" / "test", count=31, colours=COLOURS, seed=3)
    planned = pets.data("plan")
    assert [step["stage"] for step in planned["steps"]] == ["test"]
    assert pets.ymir("apply").returncode == 4
    status = pets.ymir("status").stdout
    assert "test@v2  31 images" in status
    assert pets.data("status")["rounds"]["pets"] == first, "judged on v1, as before"

    specs.write_text(specs.read_text().replace('"map": 0.99', '"map": 0.98'))
    assert pets.ymir("apply").returncode == 4
    report = json.loads((pets.root / "reports" / "pets" / "html" / "report.json").read_text())
    used = {each["role"]: each for each in report["lineage"]["datasets"]}
    assert [used["testing"][what] for what in ("name", "version", "images")] == ["test", 1, 30]
    assert "nothing to do" in pets.ymir("apply").stdout


def test_a_project_may_pin_its_first_version_before_it_exists(tmp_path: Path) -> None:
    pets = unproven(tmp_path / "pets", goal=GOAL)
    specs = pets.root / "specs" / "all.yaml"
    specs.write_text(specs.read_text().replace("testing: test,", "testing: test@v1,"))
    assert "test@v1  (is not recorded; there is no version yet)" in pets.ymir("plan").stdout
    assert pets.ymir("apply").returncode == 4
    assert pets.data("status")["rounds"]["pets"]


def test_a_dataset_made_from_versions_and_one_that_does_not_exist(tmp_path: Path) -> None:
    pets = unproven(tmp_path / "pets", goal=GOAL)
    specs = pets.root / "specs" / "all.yaml"
    assert pets.ymir("apply").returncode == 4
    head = {"apiVersion": "ymir/v1", "kind": "Dataset"}
    more = [
        {**head, "name": "old", "merge": ["base@v1", "old@v1"]},
        {**head, "name": "odd", "merge": ["base@v7"]},
    ]
    specs.write_text("\n---\n".join([specs.read_text(), *map(json.dumps, more)]))
    assert pets.ymir("validate").returncode == 0
    planned = pets.ymir("plan")
    assert planned.returncode == 2
    assert "! base@v7  (is not recorded; the only version is v1)" in planned.stdout
    assert "! old@v1  (is not recorded; there is no version yet)" in planned.stdout
    assert "? odd  (after base@v7)" in planned.stdout

    specs.write_text(specs.read_text().replace('"base@v1", "old@v1"', '"base@v1"'))
    pets.ymir("apply")
    specs.write_text(specs.read_text().replace('"base@v1"', '"old@v1", "pool"'))
    specs.write_text(specs.read_text().replace("base@v7", "base@v1"))
    assert pets.ymir("apply").returncode == 4
    status = pets.ymir("status").stdout
    assert "old@v2  46 images" in status, "made from its own first version, which stays"
    assert "odd@v1  6 images" in status
    assert "nothing to do" in pets.ymir("apply").stdout
