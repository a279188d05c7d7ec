"""Plans as `ymir plan --json` tells them, made by hand."""

from __future__ import annotations

import json
from pathlib import Path


def step(name: str = "pets/r1/train", **parts: object) -> dict:
    """One step."""
    cost = {"gpu_hours": None, "labels": None, "images": None, "says": "no history"}
    return {
        "action": "run",
        "stage": name,
        "kind": name.rpartition("/")[2],
        "why": "new",
        "recipe": "0" * 32,
        "reason": {"code": "new", "inputs": []},
        "category": "forward",
        "is_destructive": False,
        "cost": cost,
        **parts,
    }


def plan(*steps: dict, **parts: object) -> dict:
    """A plan with these steps."""
    cost = {"gpu_hours": [1.0, 2.5], "labels": 200, "images": None, "says": ""}
    return {
        "steps": list(steps),
        "edits": [],
        "projects": [],
        "settled": not steps,
        "cost": cost,
        **parts,
    }


def saved(file: Path, *steps: dict, **parts: object) -> Path:
    """A file as `ymir plan -o` writes it."""
    whole = {
        "format": "ymir-plan/1",
        "ymir": "1.0.0",
        "commit": "c" * 40,
        "plan": plan(*steps, **parts),
        "digest": "d" * 64,
    }
    file.write_text(json.dumps(whole))
    return file
