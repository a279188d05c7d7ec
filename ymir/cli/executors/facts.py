"""What is known of an executor without running it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from ymir.cli.executors.subject import Subject
from ymir.cli.images import LocalImages
from ymir.errors import EngineError
from ymir.jobs.environment import folder_of, home_of, is_made
from ymir.jobs.manuals import manual_in
from ymir.jobs.program import program
from ymir.spec.manual import Manual

_COMMENT = re.compile(r"^(?P<key>[A-Za-z0-9_.-]+)\s*:.*?\s#\s*(?P<said>.+)$")
_NEXT = re.compile(r"^\s+#\s*(?P<said>.+)$")


@dataclass(frozen=True)
class Facts:
    """An executor, and what is known of it, for programs."""

    subject: Subject
    data: dict[str, JsonValue]


def facts_of(found: Subject, workspace: Path, images: LocalImages) -> Facts:
    """How it is run, whether it can be run here, its digest, tasks and resources."""
    spec = found.spec
    manual = _manual(found, images)
    templates = manual.templates if manual else {}
    return Facts(
        found,
        {
            "name": found.name,
            "description": spec.description,
            "runs": runs(found),
            "backend": found.how,
            "bundled": spec.bundled,
            "command": list(spec.command),
            "image": found.image,
            "image_digest": images.digest(found.image) if found.image else None,
            "state": _state(found, images),
            "digest": program(spec, workspace).digest,
            "protocol": spec.protocol,
            "network": spec.network,
            "run_as_root": spec.run_as_root,
            "resources": spec.resources.model_dump(),
            "object_types": list(manual.object_types) if manual and not manual.is_silent else None,
            "faults": list(manual.faults) if manual else [],
            "tasks": {task: dict(template) for task, template in templates.items()},
            "comments": {task: dict(comments(found.folder, task)) for task in templates},
        },
    )


def runs(found: Subject) -> str:
    """`bundled tinydet`, `image acme/yolo:2` or `python3 run.py`."""
    if found.spec.bundled:
        return f"bundled {found.spec.bundled}"
    return f"image {found.image}" if found.image else " ".join(found.spec.command)


def comments(folder: Path | None, task: str) -> Mapping[str, JsonValue]:
    """Parameter -> what the template in the folder's `img-man` says of it."""
    file = folder / "img-man" / f"{task}-template.yaml" if folder else None
    if file is None or not file.is_file():
        return {}
    said: dict[str, JsonValue] = {}
    last = None
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := _COMMENT.match(line):
            last = found["key"]
            said[last] = found["said"]
        elif last and (more := _NEXT.match(line)):
            said[last] = f"{said[last]} {more['said']}"
        else:
            last = None
    return said


def _manual(found: Subject, images: LocalImages) -> Manual | None:
    if found.folder:
        return manual_in(found.folder)
    return images.manual(found.image) if found.image else None


def _state(found: Subject, images: LocalImages) -> str:
    """Whether it can be run here, or what is missing."""
    if found.how == "docker":
        return _of_image(found, images)
    if found.spec.bundled:
        name = found.spec.bundled
        ready = is_made(home_of(name), folder_of(name) / "requirements.txt")
        return "set up" if ready else f"not set up: `ymir executor setup {name}`"
    first = found.spec.command[0] if found.spec.command else ""
    return "ready" if shutil.which(first) else f"`{first}` is not on this machine"


def _of_image(found: Subject, images: LocalImages) -> str:
    try:
        if found.image and images.is_here(found.image):
            return "image is here"
    except EngineError:
        return "no container engine answers"
    if found.spec.bundled:
        return f"no image: `ymir executor build {found.spec.bundled}`"
    return "image is not here"
