"""TinyDet as a platform meets it: a process, an `in` folder, an `out` folder."""

import json
import os
import signal
import struct
import subprocess
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.components import needs

EXECUTOR = Path(__file__).parents[2] / "executors" / "tinydet"
PYTHON = EXECUTOR / ".venv" / "bin" / "python"
ONNXRUNTIME = EXECUTOR / ".venv" / "lib" / "python3.11" / "site-packages" / "onnxruntime"

pytestmark = needs(
    "tinydet",
    PYTHON.exists(),
    "python3 -m venv executors/tinydet/.venv && "
    "executors/tinydet/.venv/bin/pip install -r executors/tinydet/requirements.txt",
)

COLOURS = {"helmet": (230, 60, 40), "head": (40, 80, 230)}
NAMES = tuple(COLOURS)
SMALL = {"image_size": 64, "crop": 64, "batch_size": 8, "iterations": 150, "learning_rate": 0.01}
INDEX_KINDS = ("training", "val", "candidate")
WEIGHTS = "models/best/tinydet.safetensors"


@dataclass(frozen=True)
class Run:
    """How one start of the executor ended, and where it wrote."""

    code: int
    log: str
    out: Path

    @property
    def monitor(self) -> list[str]:
        return (self.out / "monitor.txt").read_text().rstrip("\n").split("\t")

    @property
    def result(self) -> dict:
        return yaml.safe_load((self.out / "models" / "result.yaml").read_text())

    @property
    def found(self) -> dict:
        return json.loads((self.out / "infer-result.json").read_text())["detection"]

    @property
    def ranking(self) -> list[tuple[str, float]]:
        lines = (self.out / "result.tsv").read_text().splitlines()
        return [(line.split("\t")[0], float(line.split("\t")[1])) for line in lines]


@dataclass(frozen=True)
class Scene:
    """A picture of coloured squares, with the label and place of each."""

    pixels: np.ndarray
    objects: tuple[tuple[int, int, int, int, int], ...]  # label, xmin, ymin, xmax, ymax inclusive


def draw(seed: int, width: int = 64, height: int = 64) -> Scene:
    """Draw up to two squares on grey noise; every fourth picture is empty."""
    dice = np.random.default_rng(seed)
    pixels = dice.integers(90, 140, (height, width, 3)).astype(np.uint8)
    objects = []
    for half in range(0 if seed % 4 == 3 else 1 + seed % 2):
        label, side = int(dice.integers(2)), int(dice.integers(14, 20))
        x = half * width // 2 + int(dice.integers(0, width // 2 - side + 1))
        y = int(dice.integers(0, height - side))
        pixels[y : y + side, x : x + side] = COLOURS[NAMES[label]]
        objects.append((label, x, y, x + side - 1, y + side - 1))
    return Scene(pixels, tuple(objects))


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write RGB pixels; the core's environment need not have an image library."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def ark(scene: Scene) -> str:
    return "".join(f"{', '.join(map(str, placed))}, -1.0, 0.0\n" for placed in scene.objects)


def voc(scene: Scene) -> str:
    keys = ("xmin", "ymin", "xmax", "ymax")
    objects = "".join(
        f"<object><name>{NAMES[label]}</name><bndbox>"
        + "".join(f"<{key}>{value}</{key}>" for key, value in zip(keys, place, strict=True))
        + "</bndbox></object>"
        for label, *place in scene.objects
    )
    return f"<annotation>{objects}</annotation>"


def write_labelled(folder: Path, name: str, seeds: Sequence[int], as_voc: bool = False) -> Path:
    """Write images, annotations and the index that joins them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for seed in seeds:
        scene = draw(seed)
        image = folder / f"{name}{seed}.png"
        write_png(image, scene.pixels)
        annotation = folder / f"{name}{seed}.{'xml' if as_voc else 'txt'}"
        annotation.write_text(voc(scene) if as_voc else ark(scene))
        lines.append(f"{image}\t{annotation}\n")
    index = folder / f"{name}-index.tsv"
    index.write_text("".join(lines))
    return index


def prepare(
    folder: Path,
    tasks: Sequence[str],
    config: Mapping[str, object],
    protocol: str = "1.1.0",
    **index: Path,
) -> tuple[dict[str, str], Path]:
    """Write `env.yaml` and `config.yaml`; return the environment to start with, and `out`."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "out"
    values = {
        "task_id": "t1",
        **{f"run_{task}": task in tasks for task in ("training", "mining", "infer")},
        "input": {
            "config_file": str(folder / "config.yaml"),
            **{f"{kind}_index_file": str(index.get(kind, "")) for kind in INDEX_KINDS},
        },
        "output": {
            "root_dir": str(out),
            "models_dir": str(out / "models"),
            "monitor_file": str(out / "monitor.txt"),
            "training_result_file": str(out / "models" / "result.yaml"),
            "mining_result_file": str(out / "result.tsv"),
            "infer_result_file": str(out / "infer-result.json"),
        },
    }
    if protocol:
        values["protocol_version"] = protocol
    (folder / "env.yaml").write_text(yaml.safe_dump(values))
    platform = {
        "class_names": list(NAMES),
        "gpu_count": 0,
        "gpu_id": "",
        "export_format": "ark:raw",
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({**platform, **config}))
    return {**os.environ, "DEFAULT_ENV_FILE_PATH": str(folder / "env.yaml")}, out


def start(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [str(PYTHON), str(EXECUTOR / "main.py")]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def run(folder: Path, tasks: Sequence[str], config: Mapping[str, object], **more: object) -> Run:
    environment, out = prepare(folder, tasks, config, **more)
    process = start(environment)
    log = process.communicate(timeout=300)[1]
    return Run(process.returncode, log, out)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tinydet-data")
    return {
        "training": write_labelled(folder, "train", range(32)),
        "val": write_labelled(folder, "val", range(100, 116)),
    }


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Path]) -> Run:
    """A finished training, which most tests look at or start from."""
    return run(tmp_path_factory.mktemp("trained"), ["training"], SMALL, **data)


@pytest.fixture(scope="session")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of images of several sizes, without annotations."""
    folder = tmp_path_factory.mktemp("tinydet-pool")
    sizes = [(64, 64)] * 8 + [(128, 64), (40, 80)]
    lines = []
    for number, (width, height) in enumerate(sizes):
        image = folder / f"pool{number}.png"
        write_png(image, draw(200 + number, width, height).pixels)
        lines.append(f"{image}\n")
    index = folder / "candidate-index.tsv"
    index.write_text("".join(lines).rstrip("\n"))
    return index


def with_model(trained: Run, **more: object) -> dict[str, object]:
    files = sorted((trained.out / "models" / "best").iterdir())
    return {"model_params_path": [str(file) for file in files], **more}


def test_training_publishes_a_stage_that_has_learnt(trained: Run) -> None:
    assert trained.code == 0, trained.log
    stage = trained.result["model_stages"]["best"]
    assert trained.result["best_stage_name"] == stage["stage_name"] == "best"
    assert trained.result["mAP"] == stage["mAP"] > 0.5
    assert all((trained.out / "models" / "best" / file).stat().st_size for file in stage["files"])
    assert set(stage["files"]) == {"tinydet.safetensors", "model.yaml", "tinydet.onnx"}
    assert trained.monitor[0] == "t1"
    assert [float(trained.monitor[2]), trained.monitor[3]] == [1.0, "2"]
    assert not (trained.out / "checkpoint").exists()


def test_training_stopped_and_continued_gives_the_bytes_of_an_uncut_one(
    trained: Run, data: dict[str, Path], tmp_path: Path
) -> None:
    environment, out = prepare(tmp_path / "cut", ["training"], SMALL, **data)
    process = start(environment)
    wait_for_progress(out / "monitor.txt", process)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, log
    assert not (out / "models").exists()
    config = {**SMALL, "resume_from": str(out / "checkpoint"), "export_onnx": False}
    resumed = run(tmp_path / "continued", ["training"], config, **data)
    assert resumed.code == 0, resumed.log
    assert "continuing at iteration" in resumed.log
    assert (resumed.out / WEIGHTS).read_bytes() == (trained.out / WEIGHTS).read_bytes()


def wait_for_progress(monitor: Path, process: subprocess.Popen[str]) -> None:
    """Return when the first steps of a training are reported."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if monitor.exists() and float(monitor.read_text().split("\t")[2]) > 0.06:
            return
        time.sleep(0.005)
    raise AssertionError("the training ended before it could be stopped")


def test_same_seed_gives_the_same_bytes_whatever_checkpoint_lies_around(
    data: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "training.pt").write_bytes(b"no checkpoint")
    config = {**SMALL, "iterations": 6, "export_onnx": False}
    one = run(tmp_path / "one", ["training"], config, **data)
    config["resume_from"] = str(tmp_path)
    two = run(tmp_path / "two", ["training"], config, **data)
    assert "no readable checkpoint" in two.log
    assert (one.out / WEIGHTS).read_bytes() == (two.out / WEIGHTS).read_bytes()


def test_training_starts_from_an_earlier_model_and_learns_new_classes(
    trained: Run, data: dict[str, Path], tmp_path: Path
) -> None:
    files = with_model(trained)["model_params_path"]
    short = {**SMALL, "iterations": 2, "learning_rate": 1e-6, "export_onnx": False}
    config = {**short, "pretrained_model_params": files, "class_names": [*NAMES, "vest"]}
    warm = run(tmp_path, ["training"], config, **data)
    assert warm.code == 0, warm.log
    assert "new classes: vest" in warm.log
    assert warm.result["mAP"] > 0.5


def test_old_platform_gets_the_old_result_form(tmp_path: Path) -> None:
    data = {
        "training": write_labelled(tmp_path / "data", "train", range(4), as_voc=True),
        "val": write_labelled(tmp_path / "data", "val", range(4, 6), as_voc=True),
    }
    config = {**SMALL, "iterations": 2, "batch_size": 2, "export_onnx": "false"}
    old = run(tmp_path, ["training"], {**config, "export_format": ""}, protocol="", **data)
    assert old.code == 0, old.log
    assert set(old.result["model"]) == {"tinydet.safetensors", "model.yaml"}
    assert 0 <= old.result["map"] <= 1
    assert all((old.out / "models" / file).exists() for file in old.result["model"])


def test_inference_names_every_image_and_stays_inside(
    trained: Run, candidates: Path, tmp_path: Path
) -> None:
    done = run(tmp_path, ["infer"], with_model(trained), candidate=candidates)
    assert done.code == 0, done.log
    assert set(done.found) == {Path(path).name for path in candidates.read_text().splitlines()}
    for image, (width, height) in {"pool8.png": (128, 64), "pool9.png": (40, 80)}.items():
        for found in done.found[image]["boxes"]:
            box = found["box"]
            assert all(isinstance(side, int) for side in box.values())
            assert 0 <= box["x"] < box["x"] + box["w"] <= width
            assert 0 <= box["y"] < box["y"] + box["h"] <= height
    scores = [found["score"] for found in done.found["pool0.png"]["boxes"]]
    assert scores == sorted(scores, reverse=True)
    (label, left, top, *_), best = draw(200).objects[0], done.found["pool0.png"]["boxes"][0]
    assert best["class_name"] == NAMES[label]
    assert max(abs(best["box"]["x"] - left), abs(best["box"]["y"] - top)) <= 3


def test_mining_and_inference_share_one_run(trained: Run, candidates: Path, tmp_path: Path) -> None:
    config = with_model(trained, mining_algorithm="entropy", flip_test=True)
    both = run(tmp_path, ["mining", "infer"], config, candidate=candidates)
    assert both.code == 0, both.log
    assert len(both.found) == len(candidates.read_text().splitlines())
    assert {path for path, _ in both.ranking} == set(candidates.read_text().splitlines())
    scores = [score for _, score in both.ranking]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= 0 for score in scores)
    assert len(set(scores)) > 1


def test_mining_by_chance_needs_no_model(candidates: Path, tmp_path: Path) -> None:
    config = {"mining_algorithm": "random", "seed": 3}
    done = run(tmp_path, ["mining"], config, candidate=candidates)
    assert done.code == 0, done.log
    assert {path for path, _ in done.ranking} == set(candidates.read_text().splitlines())
    assert not (done.out / "infer-result.json").exists()


def assert_fails(done: Run, code: int, what: str) -> None:
    """Check exit code, state, code and message of a run that had to fail."""
    assert done.code == 1, done.log
    last_line = done.log.strip().splitlines()[-1]
    assert last_line.startswith(f"tinydet: error {code}: ")
    assert what in last_line
    assert done.monitor[3:5] == ["4", str(code)]


def test_corrupt_image_is_named(trained: Run, tmp_path: Path) -> None:
    image = tmp_path / "broken.png"
    write_png(image, draw(1).pixels)
    image.write_bytes(image.read_bytes()[:200])
    index = tmp_path / "candidate-index.tsv"
    index.write_text(f"{image}\n")
    failed = run(tmp_path / "run", ["infer"], with_model(trained), candidate=index)
    assert_fails(failed, 300003, "broken.png")
    assert not (failed.out / "infer-result.json").exists()


def test_unknown_class_index_is_named_with_its_line(tmp_path: Path) -> None:
    index = write_labelled(tmp_path, "train", range(4))
    (tmp_path / "train2.txt").write_text("0, 1, 1, 20, 20, -1.0, 0.0\n7, 1, 1, 20, 20, -1.0, 0.0\n")
    failed = run(tmp_path / "run", ["training"], SMALL, training=index, val=index)
    assert_fails(failed, 300002, "train2.txt:2: class index 7")


def test_missing_model_is_an_error(candidates: Path, tmp_path: Path) -> None:
    config = {"model_params_path": ["/nowhere/tinydet.safetensors"]}
    failed = run(tmp_path, ["infer"], config, candidate=candidates)
    assert_fails(failed, 300004, "/nowhere/tinydet.safetensors")


def test_wrong_parameter_is_an_error(data: dict[str, Path], tmp_path: Path) -> None:
    failed = run(tmp_path, ["training"], {**SMALL, "image_size": 100}, **data)
    assert_fails(failed, 300001, "`image_size` must be a multiple of 16")


PARITY = """
import sys, numpy, onnxruntime, torch
from tinydet.weights import load_model
torch.set_num_threads(1)
model = load_model([sys.argv[1]], "model")
session = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
for count in (1, 3):
    images = torch.rand(count, 3, model.image_size, model.image_size)
    with torch.inference_mode():
        logits, boxes = model.network(images)
    probs, places = session.run(["probs", "boxes"], {"image": images.numpy()})
    assert numpy.abs(probs - logits.sigmoid().numpy()).max() < 1e-4
    assert numpy.abs(places - boxes.numpy()).max() < 1e-2
"""


@needs("tinydet", ONNXRUNTIME.exists(), "pip install -r executors/tinydet/requirements-test.txt")
def test_onnx_says_what_the_weights_say(trained: Run) -> None:
    best = trained.out / "models" / "best"
    weights, onnx = best / "tinydet.safetensors", best / "tinydet.onnx"
    command = [str(PYTHON), "-c", PARITY, str(weights), str(onnx)]
    done = subprocess.run(command, cwd=EXECUTOR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
