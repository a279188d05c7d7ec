"""`ymir predict` draws what a packaged model finds, and says it."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.cli import middles
from ymir.cli.main import cli
from ymir.data.table import table
from ymir.errors import DataError, SpecError
from ymir.metrics.judge import judge
from ymir.package.contents import Contents
from ymir.package.write import write_package

LABELS = ("thing", "other")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return middles.workspace(tmp_path_factory.mktemp("workspace") / "w")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    (folder / "middle.txt").write_text("the middle")
    model = {"stage": "last", "files": ["middle.txt"], "class_names": LABELS, "executor": "middle"}
    (folder / "model.json").write_text(json.dumps({**model, "timestamp": 0}))
    box = {"label": "thing", "x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0}
    truth = table([{"image": "0" * 32, "width": 64, "height": 64, "objects": [box]}])
    found = table([{**truth.row(0, named=True), "objects": [{**box, "score": 0.5}]}])
    scores, _ = judge(truth, found, labels=LABELS, resamples=10)
    metrics = {"testing": dataclasses.asdict(scores)}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    path = folder / "middles-r1.tar.gz"
    words = ("mAP ≥ 0.9", "goal not met")
    write_package(
        path, Contents("middles", "", 1, folder, folder / "metrics.json", *words, (), "", "0.1.0")
    )
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "a photo.jpg"
    Image.fromarray(np.full((120, 200, 3), 90, np.uint8)).save(path)
    return path


def predict(workspace, *words):
    return CliRunner().invoke(cli, ["predict", "-C", str(workspace), *map(str, words)])


def test_a_line_and_a_drawing_for_each_image(workspace, package, photo, tmp_path):
    out = tmp_path / "out"
    done = predict(workspace, package, photo, "--out", out)
    assert done.exit_code == 0, done.exception
    assert done.output == f"{photo}: 1 thing -> {out / photo.name}\n"
    with Image.open(out / photo.name) as drawing:
        assert (drawing.format, drawing.size) == ("JPEG", (800, 480))
        pixels = np.asarray(drawing).astype(int)
    assert (np.abs(pixels - 90) > 60).any()


def test_the_threshold_decides_what_is_drawn(workspace, package, photo, tmp_path):
    for threshold, said in ((0, "2 thing"), (0.5, "1 thing"), (0.95, "nothing found")):
        done = predict(
            workspace, package, photo, "--out", tmp_path / "out", "--threshold", threshold
        )
        assert f": {said} ->" in done.output


def test_the_same_image_under_two_names_is_drawn_twice(workspace, package, photo, tmp_path):
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(photo.read_bytes())
    done = predict(workspace, package, photo, copy, "--out", tmp_path / "out")
    assert len(done.output.splitlines()) == 2
    assert (tmp_path / "out" / "copy.jpg").exists()


def test_an_image_is_never_replaced_by_its_drawing(workspace, package, photo, tmp_path):
    before = photo.read_bytes()
    done = predict(workspace, package, photo, "--out", tmp_path)
    assert isinstance(done.exception, DataError)
    assert photo.read_bytes() == before


def test_two_images_of_one_name_are_refused(workspace, package, photo, tmp_path):
    other = tmp_path / "other" / photo.name
    other.parent.mkdir()
    Image.new("RGB", (9, 9)).save(other)
    done = predict(workspace, package, photo, other, "--out", tmp_path / "out")
    assert "two of the images are called" in str(done.exception)


def test_what_is_no_image_is_said(workspace, package, tmp_path):
    (tmp_path / "notes.jpg").write_text("no image")
    for name, what in (("notes.jpg", "neither a JPEG nor a PNG"), ("gone.jpg", "No such file")):
        done = predict(workspace, package, tmp_path / name)
        assert isinstance(done.exception, DataError)
        assert what in str(done.exception)


def test_an_unknown_executor_is_named(tmp_path, package, photo):
    done = predict(tmp_path, package, photo)
    assert isinstance(done.exception, SpecError)
    assert "`middle`" in str(done.exception)


def test_what_is_no_package_is_said(workspace, photo):
    done = predict(workspace, photo, photo)
    assert isinstance(done.exception, DataError)
