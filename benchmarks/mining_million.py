"""A whole round over a pool of a million images, and what it takes of memory.

    .venv/bin/python benchmarks/mining_million.py             # about three quarters of an hour
    .venv/bin/python benchmarks/mining_million.py --quick     # 20,000 images, well below a minute

The images are tiny and all different, the model is a stub in Python's standard library, and all
else is real: `ymir apply` imports the pool, trains, mines it in shards with the default strategy, a
control share and negatives, has the batch labelled, and trains again.
"""

from __future__ import annotations

import shlex
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import Figure, arguments, conclude
from made import CLASSES, PER_FOLDER, write_voc
from place import BIN, Place, begin, git, opened, plain, say, settle

MOST = 2048  # MB that any process of ymir may take, whatever the pool
SIDE, CELLS = 16, 8
LOOK = 0.1  # seconds between two looks at the memory
PLANNED = 10_000  # shards that are planned
FINDER = Path(__file__).with_name("mining_finder.py")


def main() -> None:
    """Measure, and say what falls short."""
    asked = arguments(__doc__ or "")
    conclude(figures(is_quick=asked.quick), asked.json)


def figures(*, is_quick: bool) -> list[Figure]:
    """All that is measured here."""
    with opened(is_quick=is_quick) as place:
        return [*measure(place), *planning()]


def measure(place: Place) -> Iterator[Figure]:
    """One round and the training of the next."""
    count = place.size(1_000_000, 20_000)
    root = place.disk / "million"
    say(f"making {count:,} images")
    write_tiny(root / "raw" / "pool", count)
    for name, first in (("base", 0), ("val", 200), ("test", 300)):
        write_voc(root / "raw" / name, range(first, first + 100))
    subprocess.run(
        [BIN / "ymir", "init", "."], cwd=root, env=plain(), check=True, capture_output=True
    )
    (root / "specs" / "labels.yaml").unlink()
    begin(root, *specs(shard=place.size(10_000, 2_000), topk=place.size(1_000, 100)))
    (root / ".gitignore").open("a").write("/raw/\n")
    git(root, "add", ".gitignore", "specs")
    git(root, "commit", "--quiet", "--all", "--message", "Specs")
    settle()
    say("ymir apply")
    stages = applied(root)
    what = f"a pool of {count:,}"
    for stage, (seconds, memory) in stages.items():
        yield Figure(f"{what}: {stage}", seconds, "s")
        yield Figure(f"{what}: {stage}, peak memory", memory, "MB", "at most", MOST)
    seconds, _ = stages["p/r1/mine"]
    yield Figure(f"{what}: mined", count / seconds, "images/s")
    shards = len(list((root / ".ymir" / "jobs").glob("p-r1-mine-*/shard-*")))
    yield Figure(f"{what}: shards", shards, "jobs", "at least", count / place.size(10_000, 2_000))


def specs(*, shard: int, topk: int) -> Iterator[str]:
    """A project whose batches have labels already."""
    yield f"Labels\nclasses: [{', '.join(CLASSES)}]"
    for name in ("base", "val", "test"):
        yield f"Dataset\nname: {name}\nfrom: {{format: voc, path: raw/{name}}}"
    yield "Dataset\nname: pool\nfrom: {format: images, path: raw/pool}"
    command = f"[{shlex.quote(sys.executable)}, -I, -S, {shlex.quote(str(FINDER))}]"
    yield f"Executor\nname: finder\ncommand: {command}"
    yield f"""Project
name: p
labels: [{", ".join(CLASSES)}]
data: {{training: base, validation: val, testing: test, mining: pool}}
goal: {{map: 0.99, rounds: 2}}
train: {{executor: finder}}
mine: {{topk: {topk}, control: 0.1, empty: 0.1, shard: {shard}}}
label: {{use: existing}}
gates: {{package: ignore}}"""


def applied(root: Path) -> dict[str, tuple[float, float]]:
    """Each stage -> its seconds and the largest memory of a process of ymir meanwhile, in MB."""
    stages: dict[str, tuple[float, float]] = {}
    run = subprocess.Popen(
        [BIN / "ymir", "apply"], cwd=root, env=plain(), stdout=subprocess.PIPE, text=True
    )
    peak, is_over = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(run.pid, peak, is_over))
    watcher.start()
    since = time.perf_counter()
    for line in run.stdout or ():
        if line.startswith("✓ "):
            now = time.perf_counter()
            name = line.split()[1].rstrip(":")
            stages[name] = (now - since, peak[0])
            say(f"{name}: {now - since:.1f} s, {peak[0]:.0f} MB")
            since, peak[0] = now, 0.0
    is_over.set()
    watcher.join()
    if run.wait() not in (0, 4):
        raise subprocess.CalledProcessError(run.returncode, "ymir apply")
    return stages


def _watch(pid: int, peak: list[float], is_over: threading.Event) -> None:
    """Note the largest resident memory among a process and the workers that it forked."""
    while not is_over.wait(LOOK):
        peak[0] = max([peak[0], *(_resident(each) for each in _family(pid))])


def _family(pid: int) -> list[int]:
    """The process and its children; executors run elsewhere."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *map(int, text.split())]


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines.get("VmRSS", "0 kB").split()[0]) / 1024


def planning() -> Iterator[Figure]:
    """How long it takes to cut a pool into ten thousand shards."""
    import polars as pl

    from ymir.stages.shards import cut

    lead = np.random.default_rng(1).integers(0, 2**63, 100 * PLANNED)
    images = pl.DataFrame({"image": [f"{each:032x}" for each in lead]}).unique().sort("image")
    since = time.perf_counter()
    shards = cut(images, images, 100)
    seconds = time.perf_counter() - since
    yield Figure(f"{len(shards):,} shards planned", seconds, "s", "at most", 5)


def write_tiny(folder: Path, count: int) -> None:
    """Valid PNG files of 16 x 16 grey pixels, a thousand in a folder, that look all different."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
    begin, end = b"\x89PNG\r\n\x1a\n" + head, _chunk(b"IEND", b"")
    chance, scale = np.random.default_rng(0), SIDE // CELLS
    for at in range(0, count, PER_FOLDER):
        part = folder / f"{at // PER_FOLDER:05}"
        part.mkdir(parents=True, exist_ok=True)
        cells = chance.integers(0, 256, (PER_FOLDER, CELLS, CELLS), dtype=np.uint8)
        pixels = cells.repeat(scale, axis=1).repeat(scale, axis=2)
        lines = np.concatenate([np.zeros((PER_FOLDER, SIDE, 1), np.uint8), pixels], axis=2)
        for number in range(at, min(at + PER_FOLDER, count)):
            body = zlib.compress(lines[number - at].tobytes(), 1)
            with open(f"{part}/{number:08}.png", "wb") as file:  # noqa: PTH123 - a million of them
                file.write(begin + _chunk(b"IDAT", body) + end)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


if __name__ == "__main__":
    main()
