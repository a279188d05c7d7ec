"""`ymir predict` shows what a packaged model finds, in a folder that is whole or not there."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.cli import middles
from tests.media.pictures import picture, put
from tests.prediction.packages import VIDEO, packaged
from tests.workspaces import ENVIRONMENT, YMIR
from ymir.backends.process import connect
from ymir.cli.main import cli
from ymir.contracts.ticket import tickets
from ymir.errors import DataError, ResultError, SpecError, StoreError
from ymir.prediction.seen import BATCH

WRITTEN = {"index.html", "predictions.json", "drawings", "small", "large"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return middles.workspace(tmp_path_factory.mktemp("workspace") / "w")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return packaged(tmp_path_factory.mktemp("package"), "middle")


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "a photo.jpg"
    Image.fromarray(np.full((120, 200, 3), 90, np.uint8)).save(path)
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def predict(workspace, *words):
    return CliRunner().invoke(cli, ["predict", "-C", str(workspace), *map(str, words)])


def results(out):
    return json.loads((out / "predictions.json").read_text())


def test_one_photo_gets_a_line_a_drawing_and_a_page(workspace, package, photo, out):
    done = predict(workspace, package, photo, "--out", out)
    assert done.exit_code == 0, done.exception
    first, *rest = done.output.splitlines()
    assert first == "a photo.jpg: 1 thing"
    assert rest == [str(out / "predictions.json"), str(out / "index.html")]
    assert {path.name for path in out.iterdir()} == WRITTEN
    with Image.open(out / "drawings" / photo.name) as drawing:
        assert (drawing.format, drawing.size) == ("JPEG", (800, 480))
        pixels = np.asarray(drawing).astype(int)
    assert (np.abs(pixels - 90) > 60).any()


def test_the_threshold_decides_what_is_believed(workspace, package, photo, tmp_path):
    for threshold, said in ((0, "2 thing"), (0.5, "1 thing"), (0.95, "nothing found")):
        out = tmp_path / str(threshold)
        done = predict(workspace, package, photo, "--out", out, "--threshold", threshold)
        assert done.output.startswith(f"a photo.jpg: {said}\n")
        assert results(out)["threshold"] == threshold
        assert len(results(out)["annotations"]) == 2, "every box is there, with its score"


def test_the_results_have_the_form_of_coco(workspace, package, photo, out):
    predict(workspace, package, photo, "--out", out)
    said = results(out)
    assert said["model"] == {
        "package": "middles-r1.tar.gz",
        "stage": "last",
        "executor": "middle",
        "map": said["model"]["map"],
    }
    assert said["categories"] == [{"id": 1, "name": "thing"}, {"id": 2, "name": "other"}]
    (image,) = said["images"]
    assert (image["file_name"], image["width"], image["height"]) == ("a photo.jpg", 200, 120)
    assert (out / "drawings" / image["drawing"]).is_file()
    box = {"image_id": image["id"], "category_id": 1, "bbox": [50, 30, 100, 60], "area": 6000}
    first = {"id": 1, **box, "iscrowd": 0, "score": 0.9}
    assert said["annotations"] == [first, {**first, "id": 2, "score": 0.3}]


def test_a_folder_is_looked_through_and_what_is_no_image_is_counted(
    workspace, package, tmp_path, out
):
    folder = tmp_path / "site"
    put(folder / "a" / "1.jpg", picture(1))
    put(folder / "b" / "1.jpg", picture(2))
    put(folder / "b" / "no suffix", picture(3))
    put(folder / "b" / "a png.jpeg", picture(4, kind="png"))
    put(folder / "notes.jpg", "no image")
    put(folder / "list.txt", "1")
    put(folder / ".hidden" / "1.jpg", picture(5))
    done = predict(workspace, package, folder, "--out", out)
    assert done.exit_code == 0, done.exception
    names = ["a/1.jpg", "b/1.jpg", "b/a png.jpeg", "b/no suffix"]
    assert [each["file_name"] for each in results(out)["images"]] == names
    assert "4 images: 4 thing\n" in done.output
    assert "2 files passed over: neither JPEG nor PNG\n" in done.output
    drawn = {path.relative_to(out).as_posix() for path in out.glob("drawings/*/*")}
    assert drawn == {
        "drawings/a/1.jpg",
        "drawings/b/1.jpg",
        "drawings/b/a png.jpeg.png",
        "drawings/b/no suffix.jpg",
    }


def test_the_same_image_under_two_names_is_there_twice(workspace, package, photo, tmp_path, out):
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(photo.read_bytes())
    done = predict(workspace, package, photo, copy, photo, "--out", out)
    assert done.output.splitlines()[:3] == [
        "a photo.jpg: 1 thing",
        "copy.jpg: 1 thing",
        "2 images: 2 thing",
    ]
    assert (out / "drawings" / "copy.jpg").exists()
    assert [each["image_id"] for each in results(out)["annotations"]] == [1, 1, 2, 2]


def test_two_images_of_one_name_are_told_apart_by_their_folders(
    workspace, package, photo, tmp_path, out
):
    other = put(tmp_path / "other" / photo.name, picture(7))
    done = predict(workspace, package, photo, other, "--out", out)
    assert done.exit_code == 0, done.exception
    names = [each["file_name"] for each in results(out)["images"]]
    assert names == [photo.name, f"other/{photo.name}"]
    assert (out / "drawings" / "other" / photo.name).exists()


def test_names_that_are_no_text_are_written_as_text(workspace, package, tmp_path, out):
    folder = tmp_path / "in"
    names = [b"\xff\xfe.jpg", b"a\nb.jpg", "ü\u202e.jpg".encode(), b"$(touch x).jpg"]
    for number, name in enumerate(names):
        put(folder / os.fsdecode(name), picture(number))
    done = predict(workspace, package, folder, "--out", out)
    assert done.exit_code == 0, done.exception
    known = {each["file_name"] for each in results(out)["images"]}
    assert known == {"\\xff\\xfe.jpg", "a\nb.jpg", "ü\u202e.jpg", "$(touch x).jpg"}
    assert {path.name for path in (out / "drawings").iterdir()} == known


def test_many_images_are_many_jobs_and_one_result(workspace, package, tmp_path, out):
    folder, many = tmp_path / "in", BATCH + 2
    for number in range(many):
        put(folder / f"{number:04}.jpg", picture(number, size=(16, 16)))
    done = predict(workspace, package, folder, "--out", out, "--no-drawings")
    assert done.exit_code == 0, done.exception
    first, second, *_ = done.output.splitlines()
    assert first == f"{BATCH} of {many} images"
    assert second == f"{many} images: {many} thing", "so many get no line each"
    said = results(out)
    assert [each["id"] for each in said["images"]] == list(range(1, many + 1))
    assert len(said["annotations"]) == 2 * many
    assert not list((workspace / ".ymir" / "jobs").iterdir())


@VIDEO
def test_frames_of_a_video_have_their_names_and_times(workspace, package, tmp_path, out):
    from tests.prediction.clips import clip  # PyAV is not always there

    done = predict(workspace, package, clip(tmp_path / "clip.mp4"), "--out", out, "--fps", "2")
    assert done.exit_code == 0, done.exception
    frames = [(each["file_name"], each["time"]) for each in results(out)["images"]]
    assert frames[:3] == [
        ("clip-000000.jpg", 0),
        ("clip-000005.jpg", 0.5),
        ("clip-000010.jpg", 1),
    ]
    assert len(frames) == 7
    assert (out / "drawings" / "clip-000030.jpg").exists()


def test_no_drawings_where_none_are_wanted(workspace, package, photo, out):
    predict(workspace, package, photo, "--out", out, "--no-drawings")
    assert {path.name for path in out.iterdir()} == WRITTEN - {"drawings"}
    assert "drawing" not in results(out)["images"][0]


def test_nothing_is_overwritten_but_an_earlier_prediction_when_asked(
    workspace, package, photo, tmp_path, out
):
    before = photo.read_bytes()
    refused = predict(workspace, package, photo, "--out", tmp_path, "--force")
    assert isinstance(refused.exception, StoreError)
    assert photo.name in str(refused.exception)
    assert photo.read_bytes() == before
    assert predict(workspace, package, photo, "--out", out).exit_code == 0
    again = predict(workspace, package, photo, "--out", out)
    assert isinstance(again.exception, StoreError)
    assert "`--force`" in str(again.exception.hint)
    forced = predict(workspace, package, photo, "--out", out, "--force", "--threshold", 0)
    assert forced.exit_code == 0, forced.exception
    assert results(out)["threshold"] == 0
    (out / "mine.txt").write_text("")
    kept = predict(workspace, package, photo, "--out", out, "--force")
    assert isinstance(kept.exception, StoreError)
    assert {path.name for path in tmp_path.iterdir()} == {photo.name, "out"}, "nothing half-made"


def test_what_is_in_the_result_is_not_looked_at_again(workspace, package, photo, tmp_path):
    folder = tmp_path / "in"
    put(folder / "a.jpg", photo.read_bytes())
    for words in ((), ("--force",)):
        done = predict(workspace, package, folder, "--out", folder / "seen", *words)
        assert done.exit_code == 0, done.exception
    assert [each["file_name"] for each in results(folder / "seen")["images"]] == ["a.jpg"]


def test_what_is_no_image_is_said(workspace, package, tmp_path, out):
    (tmp_path / "notes.jpg").write_text("no image")
    for name, what in (("notes.jpg", "neither a JPEG nor a PNG"), ("gone.jpg", "No such file")):
        done = predict(workspace, package, tmp_path / name, "--out", out)
        assert isinstance(done.exception, DataError)
        assert what in str(done.exception)
    (tmp_path / "empty").mkdir()
    done = predict(workspace, package, tmp_path / "empty", "--out", out)
    assert "no JPEG or PNG in" in str(done.exception)


def test_a_damaged_image_is_left_out_and_named(workspace, package, photo, tmp_path, out):
    cut = put(tmp_path / "cut.jpg", photo.read_bytes()[:-40])
    with Image.open(photo) as image:
        image.save(tmp_path / "holed.png")
    holed = (tmp_path / "holed.png").read_bytes()
    put(tmp_path / "holed.png", holed.replace(b"IDAT", b"IDAT" + bytes(20), 1))
    done = predict(workspace, package, photo, cut, tmp_path / "holed.png", "--out", out)
    assert done.exit_code == 0, done.exception
    assert "skipped cut.jpg: the file is cut off" in done.output
    assert "skipped holed.png: it cannot be decoded" in done.output
    assert [each["file_name"] for each in results(out)["skipped"]] == ["cut.jpg", "holed.png"]
    assert [each["file_name"] for each in results(out)["images"]] == [photo.name]
    alone = predict(workspace, package, cut, "--out", tmp_path / "none")
    assert isinstance(alone.exception, DataError)
    assert not (tmp_path / "none").exists()


def test_an_unknown_executor_is_named(tmp_path, package, photo, out):
    done = predict(tmp_path, package, photo, "--out", out)
    assert isinstance(done.exception, SpecError)
    assert "`middle`" in str(done.exception)


def test_a_model_that_is_not_recorded_is_said(workspace, photo, out):
    done = predict(workspace, "middles/r7", photo, "--out", out)
    assert isinstance(done.exception, SpecError)
    assert "no model called `middles/r7`" in str(done.exception)
    gone = predict(workspace, "gone.tar.gz", photo, "--out", out)
    assert isinstance(gone.exception, DataError)


def test_what_is_no_package_is_said(workspace, photo):
    done = predict(workspace, photo, photo)
    assert isinstance(done.exception, DataError)


def unruly(root: Path, code: str) -> Path:
    """A workspace whose executor does something else."""
    middles.workspace(root)
    (root / "centre.py").write_text(code)
    return root


def test_an_executor_that_fails_leaves_no_folder_but_its_log(tmp_path, package, photo, out):
    workspace = unruly(tmp_path / "w", "import sys; print('loading'); sys.exit('no memory')")
    done = predict(workspace, package, photo, "--out", out)
    assert isinstance(done.exception, ResultError)
    assert "exit code 1: no memory" in str(done.exception)
    assert not out.exists()
    command = str(done.exception.hint).split("`")[1].split()[1:]
    assert (
        CliRunner().invoke(cli, [*command, "-C", str(workspace)]).output == "loading\nno memory\n"
    )


def test_an_executor_cannot_write_into_the_photos(tmp_path, package, photo, out):
    code = "import os, pathlib\n" + "for each in pathlib.Path('../../in/assets').glob('*/*'):\n"
    workspace = unruly(tmp_path / "w", code + "    each.chmod(0o644); each.write_text('mine')\n")
    before = photo.read_bytes()
    done = predict(workspace, package, photo, "--out", out)
    assert isinstance(done.exception, ResultError)
    assert photo.read_bytes() == before


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_job_and_leaves_nothing(tmp_path, package, photo, out, sign):
    workspace = unruly(tmp_path / "w", "import time; time.sleep(600)")
    run = subprocess.Popen(
        [*YMIR, "predict", str(package), str(photo), "--out", str(out)],
        cwd=workspace,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    jobs, deadline = workspace / ".ymir" / "jobs", time.monotonic() + 60
    while not (found := list(tickets(jobs))) and time.monotonic() < deadline:
        time.sleep(0.05)
    (job,) = found
    while not connect({}).is_running(job) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(sign)
    assert run.wait(30) != 0
    assert not connect({}).is_running(job)
    assert list(jobs.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"w", photo.name}
