"""A workspace with models to compare: three projects and a model that was imported."""

from pathlib import Path

import yaml

from tests.loop.test_models import package
from tests.workspaces import COLOURS, Workspace, draw, make

PROJECT = """\
---
apiVersion: ymir/v1
kind: Project
name: {name}
labels: [{labels}]
data: {{training: base, validation: {validation}, testing: {testing}, mining: pool}}
goal: {{map: 0.01, rounds: 1}}
train: {{executor: blocks}}
mine: {{use: random, topk: 3}}
label: {{use: existing}}
"""
DATASETS = """\
---
{apiVersion: ymir/v1, kind: Dataset, name: bare, from: {format: images, path: raw/val/JPEGImages}}
---
{apiVersion: ymir/v1, kind: Dataset, name: guesses,
 from: {format: voc, path: raw/guesses, holds: predictions}}
"""
MODEL = {"apiVersion": "ymir/v1", "kind": "Model", "name": "before"}


def contest(root: Path) -> Workspace:
    """`pets` has rounds 1 and 2; `hounds` the same testing set; `apart` another one.

    The datasets `bare` and `guesses` have no labels to judge by.
    """
    workspace = make(root, goal={"map": 0.999, "rounds": 2})
    specs = root / "specs" / "all.yaml"
    hounds = PROJECT.format(name="hounds", labels="dog, cat", validation="val", testing="test")
    apart = PROJECT.format(name="apart", labels="cat, dog", validation="test", testing="val")
    specs.write_text(specs.read_text() + hounds + apart + DATASETS)
    draw(root / "raw" / "guesses", count=2, colours=COLOURS, seed=9)
    for file in (root / "raw" / "guesses" / "Annotations").glob("*.xml"):
        text = file.read_text()
        file.write_text(text.replace("</object>", "<confidence>0.5</confidence></object>"))
    package(root / "raw" / "pets.tar.gz", task_context={"executor": "acme/blocks:1", "mAP": 0.4})
    model = {**MODEL, "executor": "blocks", "from": {"path": "raw/pets.tar.gz"}}
    (root / "specs" / "model.yaml").write_text(yaml.safe_dump(model))
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    return workspace
