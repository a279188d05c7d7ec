"""Which parameters an executor's inference has, as its own folder says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from ymir.jobs.environment import folder_of
from ymir.spec.executor import ExecutorSpec

_TEMPLATE = Path("img-man") / "infer-template.yaml"
_LARGEST = 1 << 20


def infer_template(spec: ExecutorSpec, workspace: Path) -> Mapping[str, object] | None:
    """The parameters with their defaults; None where ymir cannot see them."""
    for folder in _folders(spec, workspace):
        file = folder / _TEMPLATE
        if file.is_file() and file.stat().st_size <= _LARGEST:
            values = yaml.safe_load(file.read_bytes())
            return values if isinstance(values, dict) else {}
    return None


def _folders(spec: ExecutorSpec, workspace: Path) -> list[Path]:
    """Where `img-man` may be: in a bundled executor's folder, or beside a command's files."""
    if spec.bundled is not None:
        return [folder_of(spec.bundled)]
    if spec.image is not None:
        return []
    files = (workspace / word for word in spec.command[1:])
    return [file.parent for file in files if file.is_file()]
