"""Mistakes and failures beside the lines of specs: GitHub's workflow commands, GitLab's report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Level = Literal["error", "warning", "notice"]
_SEVERITY = {"error": "major", "warning": "minor", "notice": "info"}


@dataclass(frozen=True)
class Annotation:
    """What is to be said of a place; `file` is seen from the top of the repository."""

    level: Level
    title: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0


def workflow_command(each: Annotation) -> str:
    """A line of output that GitHub shows beside the file."""
    where = {
        "file": each.file,
        "line": str(each.line) if each.file and each.line else "",
        "col": str(each.column) if each.file and each.line and each.column else "",
        "title": each.title,
    }
    told = ",".join(f"{name}={_property(value)}" for name, value in where.items() if value)
    return f"::{each.level} {told}::{_data(each.message)}"


def code_quality(annotations: Iterable[Annotation], otherwise: str) -> str:
    """GitLab's Code Quality report; what has no place of its own stands at `otherwise`."""
    return json.dumps([_issue(each, otherwise) for each in annotations], indent=1) + "\n"


def _issue(each: Annotation, otherwise: str) -> dict[str, object]:
    path, begin = each.file or otherwise, max(1, each.line)
    told = f"{path}\0{begin}\0{each.column}\0{each.title}\0{each.message}"
    return {
        "description": f"{each.title}: {each.message}",
        "check_name": "ymir",
        "fingerprint": sha256(told.encode(errors="replace")).hexdigest(),
        "severity": _SEVERITY[each.level],
        "location": {"path": path, "lines": {"begin": begin}},
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
