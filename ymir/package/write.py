"""Packs a round: a model that YMIR reads, with what people need beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from ymir.errors import DataError
from ymir.metrics.scores import Scores, round_metrics
from ymir.package.archive import Content, safe_name, sha256, write_archive
from ymir.package.card import model_card
from ymir.package.contents import DETECTION, INFO, SECTION, SUMS, VERSION, Contents, Model

TRAINING = 1  # YMIR's number for what made the model


def write_package(path: Path, contents: Contents) -> dict[str, JsonValue]:
    """Write the package to `path`; say its name, size, checksum and what is in it."""
    model = Model.model_validate_json((contents.model / "model.json").read_bytes())
    metrics = contents.metrics.read_bytes()
    scores = round_metrics.validate_json(metrics)["testing"]
    attachments: dict[str, Content] = {
        "README.md": model_card(contents, model, scores).encode(),
        "classes.txt": "".join(f"{name}\n" for name in model.class_names).encode(),
        "config.yaml": _yaml(_config(model)),
        "metrics.json": metrics,
    }
    members: dict[str, Content] = {
        **_weights(contents.model, model),
        **{f"attachments/{SECTION}/{name}": data for name, data in attachments.items()},
    }
    names = [*attachments, Path(SUMS).name]
    members[INFO] = _yaml(information(model, scores, names))
    members[SUMS] = _sums(members)
    write_archive(path, members, model.timestamp)
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "files": len(members),
    }


def information(model: Model, scores: Scores, attached: list[str]) -> dict[str, JsonValue]:
    """`ymir-info.yaml` as YMIR 2.x reads it; the figure is the judge's, not the executor's own."""
    judged = scores.map.value
    stage: dict[str, JsonValue] = {
        "stage_name": model.stage,
        "files": list(model.files),
        "timestamp": model.timestamp,
        "mAP": judged,
    }
    return {
        "executor_config": _config(model),
        "task_context": {
            "executor": model.executor,
            "producer": "ymir",
            "type": TRAINING,
            "mAP": judged,
            "object_type": DETECTION,
        },
        "stages": {model.stage: stage},
        "best_stage_name": model.stage,
        "object_type": DETECTION,
        "package_version": VERSION,
        "attachments": {SECTION: list(attached)},
        "evaluate_config": {"iou_thr": 0.5, "conf_thr": scores.threshold},
    }


def _config(model: Model) -> dict[str, JsonValue]:
    return {**model.config, "class_names": list(model.class_names)}


def _weights(folder: Path, model: Model) -> dict[str, Content]:
    members: dict[str, Content] = {}
    for name in model.files:
        member = safe_name(f"{model.stage}/{name}", "model.json")
        if not (folder / name).is_file():
            raise DataError(f"the model's file `{name}` is missing", hint="run `ymir pull`")
        members[member] = folder / name
    return members


def _sums(members: Mapping[str, Content]) -> bytes:
    lines = [f"{sha256(content)}  {name}\n" for name, content in sorted(members.items())]
    return "".join(lines).encode()


def _yaml(values: dict[str, JsonValue]) -> bytes:
    text: str = yaml.safe_dump(values, sort_keys=True, allow_unicode=True)
    return text.encode()
