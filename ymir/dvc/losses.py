"""What was found to be lost on the remote: the next push sends it again."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import orjson

from ymir.dvc.files import write_whole
from ymir.dvc.objects import is_digest


def to_resend(workspace: Path) -> Mapping[str, Collection[str]]:
    """Project -> listings that the remote has, though it lost files that they list."""
    try:
        found = orjson.loads(_losses(workspace).read_bytes())
        return {project: [each for each in found[project] if is_digest(each)] for project in found}
    except (OSError, ValueError, TypeError):
        return {}


def resend(workspace: Path, listings: Mapping[str, Collection[str]]) -> None:
    """Note what the next `ymir push` has to send whole, whatever the remote seems to have."""
    if listings or _losses(workspace).exists():
        noted = {project: sorted(each) for project, each in listings.items()}
        write_whole(_losses(workspace), json.dumps(noted, indent=1))


def _losses(workspace: Path) -> Path:
    return workspace / ".ymir" / "resend.json"
