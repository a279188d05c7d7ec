"""What executors say of themselves: bundled ones by their folders, images by theirs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from ymir.jobs.environment import bundled, folder_of
from ymir.spec.executor import ExecutorSpec, Resources, Size
from ymir.spec.manual import LARGEST, Manual, Template, file_names, read_manual

_SIZE = re.compile(r"([1-9][0-9]{0,8})\s*([kmg])(?:i?b)?", re.IGNORECASE)


def manual_of(spec: ExecutorSpec) -> Manual | None:
    """What an executor says of itself; None of a command, and of an image that is not here."""
    if spec.bundled is not None:
        return bundled_manual(spec.bundled)
    return image_manual(spec.image) if spec.image is not None else None


def bundled_manual(name: str) -> Manual | None:
    """What an executor that ships with ymir says of itself; None where none is called so."""
    if name not in bundled():
        return None
    return manual_in(folder_of(name))


def manual_in(folder: Path) -> Manual:
    """What the `img-man` of an executor's own folder says; without one, nothing."""
    files = {each: folder / "img-man" / each for each in file_names()}
    return read_manual({each: _head(file) for each, file in files.items() if file.is_file()})


def _head(file: Path) -> bytes:
    """All of a file that is not too large, and of another enough to tell."""
    with file.open("rb") as data:
        return data.read(LARGEST + 1)


def image_manual(reference: str) -> Manual | None:
    """What an image says of itself; None where it is not on this machine."""
    engine = importlib.import_module("ymir.engine.client").connect()
    try:
        read: Manual | None = importlib.import_module("ymir.engine.manual").manual(
            engine, reference
        )
    finally:
        engine.api.close()
    return read


def with_shared_memory(resources: Resources, settings: Template) -> Resources:
    """The resources with the `shm_size` of the parameters, where the spec says nothing of it."""
    wanted = _SIZE.fullmatch(str(settings.get("shm_size", "")).strip())
    if wanted is None or "shm" in resources.model_fields_set:
        return resources
    shm: Size = f"{wanted[1]}{wanted[2].lower()}"
    return resources.model_copy(update={"shm": shm})
