"""Import of VOC images, against YMIR's own command line (`ymir-cmd` 2.3.0 on Python 3.8).

Both commands read the same images and annotations, check and store them: `ymir apply` in a new
workspace, and `mir import` in a new repository. Each figure is the CPU time, user and system, and
the peak memory of a process with its children; both work in memory where the machine has
`/dev/shm`, because what a disk charges for a new file changes from minute to minute. The peer is
installed once, into `~/.cache/ymir-benchmarks` (`YMIR_BENCHMARKS` names another folder); without
Python 3.8 it is left out, and so are the figures that compare. What must be reached is said of
10,000 images: `--quick` takes 2,000, where starting up outweighs the work, and only shows them.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from figures import Cost, Figure, arguments, conclude, cost_of
from PIL import Image

CLASSES = ("person", "car", "dog", "cat")
PEER = ("ymir-cmd==2.3.0", "pycocotools==2.0.7")
SIZE = 64  # pixels: small images, so that the work per image shows and not the disk
REPEATS = 3
FULL = 10_000  # images

SPECS = """\
apiVersion: ymir/v1
kind: Workspace
paths: [{folder}]
---
apiVersion: ymir/v1
kind: Labels
classes: [{classes}]
---
apiVersion: ymir/v1
kind: Dataset
name: big
from: {{format: voc, path: {folder}}}
"""


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    count = 2_000 if asked.quick else FULL
    with tempfile.TemporaryDirectory(prefix="ymir-data-", dir=_in_memory()) as name:
        folder = Path(name)
        source = write_voc(folder / "source", count)
        time.sleep(
            2.1
        )  # a file that was written just now may still change unseen: ymir reads twice
        ours = _typical(lambda number: _ours(folder / f"ours{number}", source))
        peer = find_peer()
        theirs = (
            _typical(lambda number: _theirs(peer, folder / f"peer{number}", source))
            if peer
            else None
        )
        conclude(_figures(count, ours, theirs), asked.json)


def _in_memory() -> Path | None:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30 else None


def _figures(count: int, ours: Cost, theirs: Cost | None) -> list[Figure]:
    what = f"import of {count:,} VOC images"
    figures = [
        Figure(f"{what}, ymir", ours.cpu, "CPU s"),
        Figure(f"{what}, ymir", ours.memory, "MB"),
    ]
    if theirs is None:
        print("no Python 3.8 (try `pyenv install 3.8`): the peer is left out")
        return figures
    less = Figure(f"{what}, less CPU than the peer", theirs.cpu / ours.cpu, "times", "at least", 5)
    share = 100 * ours.memory / theirs.memory
    memory = Figure(f"{what}, of the peer's memory", share, "%", "at most", 100)
    asked = [less, memory]
    if count < FULL:
        asked = [replace(each, must=None, reach=None) for each in asked]
    return [
        *figures,
        Figure(f"{what}, ymir-cmd 2.3.0", theirs.cpu, "CPU s"),
        Figure(f"{what}, ymir-cmd 2.3.0", theirs.memory, "MB"),
        *asked,
    ]


def _typical(measure: Callable[[int], Cost]) -> Cost:
    """The medians of a few runs."""
    costs = [measure(number) for number in range(REPEATS)]
    return Cost(*(statistics.median(each) for each in zip(*map(_values, costs), strict=True)))


def _values(cost: Cost) -> tuple[float, float, float]:
    return cost.wall, cost.cpu, cost.memory


def _ours(workspace: Path, source: Path) -> Cost:
    specs = workspace / "specs"
    specs.mkdir(parents=True)
    (specs / "all.yaml").write_text(SPECS.format(folder=source, classes=", ".join(CLASSES)))
    ymir = Path(sys.executable).with_name("ymir")
    command = [str(ymir), "apply", "--no-commit", "-C", str(workspace)]
    return cost_of(command, env=_plain(), stdout=subprocess.DEVNULL)


def _theirs(mir: Path, folder: Path, source: Path) -> Cost:
    repository = folder / "repository"
    quiet = {"env": _plain(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    folder.mkdir()
    subprocess.run([mir, "init", "--root", repository], check=True, **quiet)
    labels = "".join(
        f"- {{id: {number}, name: {name}, aliases: []}}\n" for number, name in enumerate(CLASSES)
    )
    (repository / ".mir" / "labels.yaml").write_text(f"version: 1\nlabels:\n{labels}")
    index = folder / "index.txt"
    index.write_text("".join(f"{path}\n" for path in sorted((source / "images").iterdir())))
    command = [
        mir, "import", "--root", repository, "--index-file", index, "--gt-dir", source / "gt",
        "--gen-dir", folder / "media", "--dst-rev", "a@a", "--src-revs", "master",
        "-w", folder / "work", "--anno-type", "det-box",
    ]  # fmt: skip
    return cost_of([str(part) for part in command], **quiet)


def _plain() -> dict[str, str]:
    """The environment of both, with compiled modules kept as installed programs have them."""
    names = {
        f"GIT_{who}_{what}": "bench@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, **names}


def find_peer() -> Path | None:
    """YMIR's `mir`, installed on first use; None where there is no Python 3.8."""
    cache = Path(os.environ.get("YMIR_BENCHMARKS", "~/.cache/ymir-benchmarks")).expanduser()
    environment = cache / "ymir-cmd-2.3.0"
    if not (environment / "made").exists():
        python = _python38()
        if python is None:
            return None
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([python, "-m", "venv", environment], check=True)
        pip = [environment / "bin" / "pip", "install", "--quiet", "--only-binary", ":all:", *PEER]
        subprocess.run(pip, check=True, env=_plain())
        (environment / "made").touch()
    return environment / "bin" / "mir"


def _python38() -> Path | None:
    versions = sorted(Path("~/.pyenv/versions").expanduser().glob("3.8.*/bin/python3.8"))
    on_path = shutil.which("python3.8")
    for candidate in (*reversed(versions), *([Path(on_path)] if on_path else [])):
        if subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    return None


def write_voc(folder: Path, count: int) -> Path:
    """A data set of `count` distinct images with about five boxes each, the same every time."""
    for name in ("images", "gt"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        chance, stem = random.Random(number), f"{number:07}"
        (folder / "images" / f"{stem}.jpg").write_bytes(_picture(chance))
        (folder / "gt" / f"{stem}.xml").write_text(_annotation(chance, stem))
    return folder


def _picture(chance: random.Random) -> bytes:
    cells = Image.frombytes("RGB", (8, 8), chance.randbytes(8 * 8 * 3))
    file = io.BytesIO()
    cells.resize((SIZE, SIZE), Image.Resampling.NEAREST).save(file, "JPEG", quality=75)
    return file.getvalue()


def _annotation(chance: random.Random, stem: str) -> str:
    objects = "".join(_object(chance) for _ in range(chance.randint(3, 7)))
    size = f"<size><width>{SIZE}</width><height>{SIZE}</height><depth>3</depth></size>"
    about = f"<folder>images</folder><filename>{stem}.jpg</filename>{size}"
    return f"<annotation>{about}<segmented>0</segmented>{objects}</annotation>"


def _object(chance: random.Random) -> str:
    width, height = chance.randint(6, SIZE // 2), chance.randint(6, SIZE // 2)
    x, y = chance.randint(1, SIZE - width), chance.randint(1, SIZE - height)
    corners = {"xmin": x, "ymin": y, "xmax": x + width - 1, "ymax": y + height - 1}
    box = "".join(f"<{name}>{value}</{name}>" for name, value in corners.items())
    plain = "<pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
    return f"<object><name>{chance.choice(CLASSES)}</name>{plain}<bndbox>{box}</bndbox></object>"


if __name__ == "__main__":
    main()
