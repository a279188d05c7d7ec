"""A project's figures as a DVC metric, so that `dvc metrics diff helmet/r1 helmet/r3` works."""

import json
from pathlib import Path

import yaml
from pydantic import JsonValue

from ymir.dvc.files import storing, write_whole


def write_metrics(workspace: Path, project: str, figures: dict[str, JsonValue]) -> None:
    """Write `reports/<project>/metrics.json`, and list it in `reports/dvc.yaml`, ymir's own."""
    reports = workspace / "reports"
    with storing("the metrics cannot be written"):
        text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        _write_if_new(reports / project / "metrics.json", text)
        listed = sorted(str(path.relative_to(reports)) for path in reports.glob("*/metrics.json"))
        _write_if_new(reports / "dvc.yaml", yaml.safe_dump({"metrics": listed}))


def _write_if_new(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)
