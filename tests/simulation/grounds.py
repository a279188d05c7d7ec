"""Grounds without files."""

from collections.abc import Sequence

from ymir.data.table import table
from ymir.simulation.ground import Ground
from ymir.spec.project import ProjectSpec

BOX = {"x": 1, "y": 1, "w": 8, "h": 8}


def ground_of(count: int, *, topk: int, boxes: Sequence[str] | None = None) -> Ground:
    """So many images; `boxes` are the labels of the first ones, cats and dogs by default."""
    labels = ["cat", "dog"] * (count // 2) if boxes is None else boxes
    rows = [
        {
            "image": f"{number:032x}",
            "width": 16,
            "height": 16,
            "objects": [{"label": labels[number], **BOX}] if number < len(labels) else [],
        }
        for number in range(count)
    ]
    project = ProjectSpec.model_validate(
        {
            "apiVersion": "ymir/v1",
            "kind": "Project",
            "name": "pets",
            "labels": ["cat", "dog"],
            "data": {"training": "a", "validation": "b", "testing": "c", "mining": "d"},
            "goal": {"map": 0.5},
            "train": {"executor": "blocks"},
            "mine": {"topk": topk},
            "label": {"use": "existing"},
        }
    )
    return Ground(project, table(rows), table(rows[:2]), table(rows[:1]))
