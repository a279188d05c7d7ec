"""Executors as a platform meets them: a process, an `in` folder, an `out` folder."""

import json
import os
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
from ymir.jobs.environment import is_made

EXECUTORS = Path(__file__).parents[2] / "executors"
COLOURS = {"helmet": (230, 60, 40), "head": (40, 80, 230)}
NAMES = tuple(COLOURS)
INDEX_KINDS = ("training", "val", "candidate")


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


@dataclass(frozen=True)
class Executor:
    """An executor of this checkout, run as the process backend runs it."""

    name: str

    @property
    def folder(self) -> Path:
        return EXECUTORS / self.name

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    @property
    def needed(self) -> pytest.MarkDecorator:
        is_there = is_made(self.folder / ".venv", self.folder / "requirements.txt")
        return needs(self.name, is_there, f"ymir executor setup {self.name}")

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        command = [str(self.python), str(self.folder / "main.py")]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def run(
        self, folder: Path, tasks: Sequence[str], config: Mapping[str, object], **more: object
    ) -> Run:
        environment, out = prepare(folder, tasks, config, **more)
        process = self.start(environment)
        log = process.communicate(timeout=300)[1]
        return Run(process.returncode, log, out)

    def inside(self, code: str, *words: str) -> str:
        """Run a few lines in the executor's environment; what went wrong, or nothing."""
        kit = {**os.environ, "PYTHONPATH": str(EXECUTORS / "kit")}
        command = [str(self.python), "-c", code, *words]
        done = subprocess.run(
            command, cwd=self.folder, env=kit, capture_output=True, text=True, check=False
        )
        return done.stderr if done.returncode else ""

    def assert_fails(self, done: Run, code: int, what: str) -> None:
        """Check exit code, state, code and message of a run that had to fail."""
        assert done.code == 1, done.log
        last_line = done.log.strip().splitlines()[-1]
        assert last_line.startswith(f"{self.name}: error {code}: ")
        assert what in last_line
        assert done.monitor[3:5] == ["4", str(code)]


def wait_for_progress(monitor: Path, process: subprocess.Popen[str], share: float) -> None:
    """Return when this share of a task is reported as done."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if monitor.exists() and float(monitor.read_text().split("\t")[2]) > share:
            return
        time.sleep(0.005)
    raise AssertionError("the task ended before it could be stopped")


def write_pool(folder: Path, sizes: Sequence[tuple[int, int]]) -> Path:
    """Write an index of images of these sizes, without annotations."""
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
