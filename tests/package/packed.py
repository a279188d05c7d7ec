"""A round to pack, and packages nobody should trust."""

import dataclasses
import gzip
import io
import json
import tarfile
from pathlib import Path

import polars as pl

from tests.report.rounds import guessed
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.package.contents import Contents, DataUsed

LABELS = ("helmet_head", "no|helmet_head")


def contents(folder: Path) -> Contents:
    """A judged round of a project that detects heads."""
    model = folder / "model"
    (model / "extra").mkdir(parents=True)
    (model / "best.pt").write_bytes(b"weights" * 1000)
    (model / "best.onnx").write_bytes(b"onnx" * 1000)
    (model / "extra" / "anchors.txt").write_text("1 2 3\n")
    about = {
        "stage": "best",
        "files": ["best.onnx", "best.pt", "extra/anchors.txt"],
        "class_names": list(LABELS),
        "executor": "tinydet",
        "config": {"epochs": 30, "seed": 7},
        "own_map": 0.99,
        "timestamp": 1795332818,
    }
    (model / "model.json").write_text(json.dumps(about))
    (folder / "metrics.json").write_bytes(_metrics())
    return Contents(
        project="helmet",
        description="Who wears no helmet?",
        number=3,
        model=model,
        metrics=folder / "metrics.json",
        goal="mAP ≥ 0.85",
        decision="goal met: mAP 0.861 ≥ 0.850",
        datasets=(DataUsed("testing", "site-test", 2, "d" * 32, 30),),
        executor_digest="e" * 32,
        ymir="0.1.0",
    )


def _metrics() -> bytes:
    boxes = [{"label": label, "x": 5.0, "y": 5.0, "w": 20.0, "h": 20.0} for label in LABELS]
    rows = [{"image": f"{n:032d}", "width": 90, "height": 90, "objects": boxes} for n in range(8)]
    truth: pl.DataFrame = table(rows)
    scores, _ = judge(truth, guessed(truth, 0.7, 1, LABELS), labels=LABELS, resamples=20)
    return json.dumps({"testing": dataclasses.asdict(scores)}).encode()


def repacked(path: Path, into: Path, **changes: bytes | None) -> Path:
    """A copy of a package in which some files are changed, added, or (None) left out."""
    with tarfile.open(path) as tar:
        files = {each.name: tar.extractfile(each).read() for each in tar.getmembers()}
    return archive(into, {**files, **changes})


def archive(path: Path, files: dict[str, bytes | None]) -> Path:
    """A tar.gz with these files, whatever their names."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            if content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return path


def with_member(path: Path, member: tarfile.TarInfo) -> Path:
    """A tar.gz with one member that is no plain file."""
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(member)
    return path


def bomb(path: Path, mebibytes: int) -> Path:
    """A small tar.gz that unpacks to zeros, in the header of a file that follows."""
    member = tarfile.TarInfo("zeros")
    member.size = mebibytes << 20
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(member.tobuf())
        for _ in range(mebibytes):
            packed.write(bytes(1 << 20))
    return path
