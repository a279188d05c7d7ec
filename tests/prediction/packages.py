"""Model packages of executors that exist in tests only."""

import dataclasses
import json
from importlib.util import find_spec
from pathlib import Path

from tests.components import needs
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.package.contents import Contents
from ymir.package.write import write_package

VIDEO = needs("video", find_spec("av") is not None, "pip install 'ymir-gitops[video]'")
LABELS = ("thing", "other")


def packaged(folder: Path, executor: str) -> Path:
    """A package as a round makes it, whose model is a text file; its threshold is 0.5."""
    (folder / "middle.txt").write_text("the middle")
    model = {"stage": "last", "files": ["middle.txt"], "class_names": LABELS, "executor": executor}
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
