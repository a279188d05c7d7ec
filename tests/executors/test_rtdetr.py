"""The detector for GPUs as a platform meets it, on a CPU and with its tiny configuration."""

import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.executors.runs import (
    NAMES,
    Executor,
    Run,
    draw,
    prepare,
    wait_for_progress,
    with_model,
    write_labelled,
    write_pool,
)

RTDETR = Executor("rtdetr")
pytestmark = RTDETR.needed
TINY = {
    "architecture": "d_fine",
    "size": "tiny",
    "image_size": 64,
    "batch_size": 8,
    "epochs": 45,
    "evaluate_every": 15,
    "learning_rate": 0.002,
    "average_decay": 0.98,
    "workers": 0,
    "threads": 1,
}
BRIEF = {**TINY, "epochs": 6, "evaluate_every": 2, "export_onnx": False, "average_decay": 0.5}
WEIGHTS = "model.safetensors"
FILES = {WEIGHTS, "config.json", "model.yaml"}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("rtdetr-data")
    return {
        "training": write_labelled(folder, "train", range(24)),
        "val": write_labelled(folder, "val", range(100, 116)),
    }


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Path]) -> Run:
    """A finished training, which most tests look at or start from."""
    return RTDETR.run(tmp_path_factory.mktemp("rtdetr-trained"), ["training"], TINY, **data)


@pytest.fixture(scope="session")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of images of several sizes, without annotations."""
    folder = tmp_path_factory.mktemp("rtdetr-pool")
    return write_pool(folder, [(64, 64)] * 8 + [(128, 64), (40, 80)])


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory, trained: Run, candidates: Path) -> Run:
    """Mining and inference of the trained model, in one run and with a process that reads."""
    folder = tmp_path_factory.mktemp("rtdetr-looked")
    config = with_model(trained, batch_size=4, workers=1, mining_algorithm="entropy")
    return RTDETR.run(folder, ["mining", "infer"], config, candidate=candidates)


def test_training_publishes_its_best_and_its_last_model(trained: Run) -> None:
    assert trained.code == 0, trained.log
    stages = trained.result["model_stages"]
    assert list(stages) == ["best", "last"]
    assert trained.result["best_stage_name"] == "best"
    assert trained.result["mAP"] == stages["best"]["mAP"] >= stages["last"]["mAP"]
    assert stages["best"]["mAP"] > 0.4, trained.log
    for name, stage in stages.items():
        assert set(stage["files"]) == FILES | {"rtdetr.onnx"}
        assert all((trained.out / "models" / name / file).stat().st_size for file in stage["files"])
    assert [float(trained.monitor[2]), trained.monitor[3]] == [1.0, "2"]
    assert not (trained.out / "checkpoint").exists()
    assert "ONNX against the weights: scores within" in trained.log


def test_the_course_of_a_training_is_there_for_tensorboard(trained: Run) -> None:
    curves = RTDETR.inside(
        """
import struct, sys
from pathlib import Path
from tensorboardX.proto.event_pb2 import Event
content, points = next(Path(sys.argv[1]).glob("events.*")).read_bytes(), {}
while content:
    length = struct.unpack("<Q", content[:8])[0]
    event = Event.FromString(content[12 : 12 + length])
    for value in event.summary.value:
        points.setdefault(value.tag, []).append(value.simple_value)
    content = content[16 + length :]
assert set(points) == {"loss", "learning_rate", "AP", "AP50"}, points
loss = points["loss"]
assert sum(loss[-3:]) < 0.9 * sum(loss[:3]), loss
assert max(points["AP50"]) > 0.4, points["AP50"]
""",
        str(trained.out / "tensorboard"),
    )
    assert curves == ""


def test_training_stopped_and_continued_ends_with_the_weights_of_an_uncut_one(
    data: dict[str, Path], tmp_path: Path
) -> None:
    whole = RTDETR.run(tmp_path / "whole", ["training"], BRIEF, **data)
    assert whole.code == 0, whole.log
    environment, out = prepare(tmp_path / "cut", ["training"], BRIEF, **data)
    process = RTDETR.start(environment)
    wait_for_progress(out / "monitor.txt", process, 0.4)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, log
    assert not (out / "models").exists()
    config = {**BRIEF, "resume_from": str(out / "checkpoint")}
    resumed = RTDETR.run(tmp_path / "continued", ["training"], config, **data)
    assert "continuing at iteration" in resumed.log
    for stage in ("best", "last"):
        one, other = (run.out / "models" / stage / WEIGHTS for run in (whole, resumed))
        assert one.read_bytes() == other.read_bytes()
    assert not (resumed.out / "checkpoint").exists()


def test_inference_names_every_image_and_finds_what_is_there(looked: Run, candidates: Path) -> None:
    assert looked.code == 0, looked.log
    assert set(looked.found) == {Path(path).name for path in candidates.read_text().splitlines()}
    for image, (width, height) in {"pool8.png": (128, 64), "pool9.png": (40, 80)}.items():
        for found in looked.found[image]["boxes"]:
            box = found["box"]
            assert 0 <= box["x"] < box["x"] + box["w"] <= width
            assert 0 <= box["y"] < box["y"] + box["h"] <= height
    hits = []
    for number in range(8):
        scores = [found["score"] for found in looked.found[f"pool{number}.png"]["boxes"]]
        assert scores == sorted(scores, reverse=True)
        for label, left, top, *_ in draw(200 + number).objects:
            best = looked.found[f"pool{number}.png"]["boxes"][:3]
            place = [
                max(abs(found["box"]["x"] - left), abs(found["box"]["y"] - top))
                for found in best
                if found["class_name"] == NAMES[label]
            ]
            hits.append(min(place, default=64) <= 5)
    assert np.mean(hits) > 0.5


def test_mining_ranks_every_image_by_its_most_doubtful_detection(
    looked: Run, candidates: Path
) -> None:
    assert {path for path, _ in looked.ranking} == set(candidates.read_text().splitlines())
    scores = [score for _, score in looked.ranking]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= min(scores) < max(scores) <= 2  # bits of two classes


def test_the_onnx_file_finds_what_the_weights_find(
    trained: Run, looked: Run, candidates: Path, tmp_path: Path
) -> None:
    config = with_model(trained, batch_size=3, workers=0, runtime="onnx")
    onnx = RTDETR.run(tmp_path, ["infer"], config, candidate=candidates)
    assert onnx.code == 0, onnx.log
    assert onnx.found.keys() == looked.found.keys()
    for image, wanted in looked.found.items():
        for one, other in zip(onnx.found[image]["boxes"], wanted["boxes"], strict=True):
            assert one["class_name"] == other["class_name"]
            assert abs(one["score"] - other["score"]) < 0.01
            assert all(abs(one["box"][side] - other["box"][side]) <= 1 for side in "xywh")


def test_a_new_class_joins_an_earlier_model_over_two_processes(
    trained: Run, data: dict[str, Path], tmp_path: Path
) -> None:
    files = with_model(trained)["model_params_path"]
    more = {"pretrained_model_params": files, "class_names": [*reversed(NAMES), "vest"]}
    config = {**BRIEF, **more, "epochs": 1, "batch_size": 4, "learning_rate": 1e-6}
    turned = write_turned(tmp_path / "data", data)
    environment, out = prepare(tmp_path / "run", ["training"], config, **turned)
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [str(RTDETR.python), *several, str(RTDETR.folder / "main.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    warm = Run(done.returncode, done.stderr, out)
    assert warm.code == 0, warm.log
    assert "new classes: vest" in warm.log
    assert warm.log.count("epoch 1:") == 1  # the first of the processes talks
    assert warm.result["mAP"] > 0.9 * trained.result["mAP"]


def write_turned(folder: Path, data: dict[str, Path]) -> dict[str, Path]:
    """The same images for class names in the other order."""
    folder.mkdir(parents=True)
    turned = {}
    for kind, index in data.items():
        lines = []
        for line in index.read_text().splitlines():
            image, annotation = line.split("\t")
            copy = folder / Path(annotation).name
            objects = Path(annotation).read_text().splitlines()
            copy.write_text("".join(f"{1 - int(each[0])}{each[1:]}\n" for each in objects))
            lines.append(f"{image}\t{copy}\n")
        turned[kind] = folder / f"{kind}.tsv"
        turned[kind].write_text("".join(lines))
    return turned
