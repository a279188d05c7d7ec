"""What an executor says of itself in `/img-man`: its tasks, their parameters, what it detects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from ymir.spec.plain import UnreadableError, plain_yaml

Template = Mapping[str, JsonValue]

DETECTION = 2  # boxes; the number is the contract's `object_type`
TASKS = ("training", "mining", "infer")
FOLDERS: Mapping[int, str] = {2: "det", 3: "semantic-seg", 4: "instance-seg", 50: "multi-modal"}
MANIFEST = "manifest.yaml"
LARGEST = 1 << 17  # bytes of one file

# The folder contract's own keys of config.yaml: ymir fills them in for each job.
SET_BY_YMIR = frozenset(
    {
        "class_names",
        "gpu_count",
        "gpu_id",
        "model_params_path",
        "object_type",
        "pretrained_model_params",
        "resume_from",
        "run_infer",
        "run_mining",
        "task_id",
    }
)

_OBJECT_TYPE = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class Manual:
    """The tasks of an executor with the defaults of their parameters; empty where it says nothing.

    `faults` are the files that cannot be understood, which count as not there.
    """

    object_types: tuple[int, ...] = (DETECTION,)
    templates: Mapping[str, Template] = field(default_factory=dict)
    enable_livecode: bool = False
    faults: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing at all: then nothing is known, and nothing is checked."""
        return not self.templates and not self.faults


def file_names() -> tuple[str, ...]:
    """Every file below `/img-man` that is read, in both layouts."""
    templates = [f"{task}-template.yaml" for task in TASKS]
    inside = [f"{folder}/{name}" for folder in FOLDERS.values() for name in templates]
    return (MANIFEST, *templates, *inside)


def read_manual(files: Mapping[str, bytes]) -> Manual:
    """Understand the files of `/img-man`, by their names in it; nothing in them is trusted. Pure.

    Where an image serves several kinds of objects, its templates lie in a folder for each: those
    of detection count, or the first there are.
    """
    faults: list[str] = []
    manifest = _mapping(MANIFEST, files, faults) or {}
    types = tuple(_object_types(manifest.get("object_type", DETECTION)))
    if not types:
        faults.append(f"`{MANIFEST}`: `object_type` must be a number or a list of numbers")
    templates = {
        task: {key: value for key, value in found.items() if key not in SET_BY_YMIR}
        for task in TASKS
        if (found := _template(task, types, files, faults)) is not None
    }
    livecode = str(manifest.get("enable_livecode", "")).lower() in ("true", "1")
    return Manual(types or (DETECTION,), templates, livecode, tuple(faults))


def _template(
    task: str, types: tuple[int, ...], files: Mapping[str, bytes], faults: list[str]
) -> Template | None:
    name = f"{task}-template.yaml"
    ordered = sorted(types, key=lambda each: each != DETECTION)
    places = [f"{FOLDERS[each]}/{name}" for each in ordered if each in FOLDERS]
    found = (_mapping(place, files, faults) for place in (name, *places))
    return next((each for each in found if each is not None), None)


def _object_types(value: JsonValue) -> Iterator[int]:
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, bool) and _OBJECT_TYPE.fullmatch(str(each)):
            yield int(str(each))


def _mapping(name: str, files: Mapping[str, bytes], faults: list[str]) -> Template | None:
    """What a file says; None where it is not there, holds only comments, or is no mapping."""
    if name not in files:
        return None
    try:
        read = plain_yaml(_small(files[name]))
    except UnreadableError as error:
        faults.append(f"`{name}`: {error}")
        return None
    if read is not None and not isinstance(read, dict):
        faults.append(f"`{name}`: must be a mapping of fields")
    return read if isinstance(read, dict) and read else None


def _small(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise UnreadableError(f"is larger than {LARGEST:,} bytes")
    return content
