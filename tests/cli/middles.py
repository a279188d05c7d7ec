"""A whole workspace whose executor is `centre.py`: real stages, a second's work."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ymir.dvc.project import prepare

CENTRE = Path(__file__).with_name("centre.py")
SPECS = """\
apiVersion: ymir/v1
kind: Labels
classes: [thing, other]
---
{datasets}
apiVersion: ymir/v1
kind: Executor
name: middle
command: [{python}, centre.py]
---
apiVersion: ymir/v1
kind: Project
name: middles
labels: [thing, other]
data: {{training: train, validation: val, testing: test, mining: pool}}
goal: {{map: 0.99, rounds: 2}}
train: {{executor: middle}}
mine: {{use: random, topk: 3}}
label: {{use: existing}}
"""
DATASET = """\
apiVersion: ymir/v1
kind: Dataset
name: {name}
from: {{format: coco, path: raw/{name}}}
---
"""
COUNTS = {"train": 4, "val": 3, "test": 6, "pool": 8}


def workspace(root: Path) -> Path:
    """Specs, images and executor, ready for `ymir apply`."""
    (root / "specs").mkdir(parents=True)
    datasets = "".join(DATASET.format(name=name) for name in COUNTS)
    text = SPECS.format(datasets=datasets, python=sys.executable)
    (root / "specs" / "all.yaml").write_text(text)
    shutil.copyfile(CENTRE, root / "centre.py")
    for number, (name, count) in enumerate(COUNTS.items()):
        _draw(root / "raw" / name, count, np.random.default_rng(number))
    for words in (["init", "-q"], ["config", "user.name", "T"], ["config", "user.email", "t@t"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    prepare(root)
    return root


def _draw(folder: Path, count: int, chance: np.random.Generator) -> None:
    """Two in three images have a thing in the middle, the others one in a corner."""
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(1, count + 1):
        name = f"{number}.png"
        pixels = chance.integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / name)
        images.append({"id": number, "file_name": name, "width": 64, "height": 64})
        box = [16, 16, 32, 32] if number % 3 else [0, 0, 12, 12]
        annotations.append(
            {"id": number, "image_id": number, "category_id": 1, "bbox": box, "area": 1}
            | {"iscrowd": 0}
        )
    categories = [{"id": 1, "name": "thing"}, {"id": 2, "name": "other"}]
    text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    (folder / "annotations.json").write_text(text)
