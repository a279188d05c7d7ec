"""How batches stood when somebody looked last, on this machine: `.ymir/labels/<batch>.json`.

A memory for plans and pages, which reach no network; it may be deleted at any time.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ymir.dvc.files import if_writable, write_whole
from ymir.plan.world import Looked
from ymir.vault import masked_data

_LOOKED = TypeAdapter(Looked)
_IMAGES = TypeAdapter(list[str])
_SUFFIX = ".json"


def keep_look(workspace: Path, send: str, looked: Looked) -> None:
    """Remember how the batch of a `send` stage stands."""
    with if_writable():
        file = _folder(workspace) / f"{batch_of(send)}{_SUFFIX}"
        write_whole(file, json.dumps(masked_data(asdict(looked))))


def last_look(workspace: Path, send: str) -> Looked | None:
    """The last look at a batch; None where nobody looked, or what was kept is no use."""
    try:
        text = (_folder(workspace) / f"{batch_of(send)}{_SUFFIX}").read_bytes()
        return _LOOKED.validate_json(text)
    except (OSError, ValidationError):
        return None


def last_looks(workspace: Path) -> dict[str, Looked]:
    """The last look at each batch, by the name of its `send` stage."""
    files = sorted(_folder(workspace).glob(f"*{_SUFFIX}"))
    names = [send for file in files if (send := _send(file.stem))]
    return {send: looked for send in names if (looked := last_look(workspace, send))}


def keep_released(workspace: Path, key: str, images: Iterable[str]) -> None:
    """Note which images of a batch nobody needs to answer any more, before they are withdrawn."""
    write_whole(_released(workspace, key), json.dumps(list(images)))


def released(workspace: Path, key: str) -> list[str]:
    """What was noted so."""
    try:
        return _IMAGES.validate_json(_released(workspace, key).read_bytes())
    except (OSError, ValidationError):
        return []


def batch_of(stage: str) -> str:
    """`helmet-r2`, of `helmet/r2/send` or any other stage of that round."""
    return stage.rsplit("/", 1)[0].replace("/", "-")


def _send(batch: str) -> str | None:
    project, _, number = batch.rpartition("-r")
    return f"{project}/r{number}/send" if project and number.isdecimal() else None


def _released(workspace: Path, key: str) -> Path:
    return _folder(workspace) / "released" / f"{key}.json"


def _folder(workspace: Path) -> Path:
    return workspace / ".ymir" / "labels"
