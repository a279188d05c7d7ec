"""Opens a package, of ymir or of YMIR 2.x, and checks that it is whole before anyone uses it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from ymir.documents import yaml_of
from ymir.errors import DataError
from ymir.package.archive import MIB, read_archive, safe_name
from ymir.package.contents import DETECTION, INFO, SUMS, Package, PackagedStage

VERSIONS = ("2.0.0", "2.0.1", "2.0.2")
OLD_STAGE = "default_best_stage"  # as YMIR calls the only model of an older package
LARGEST_TEXT = MIB
MOST_VALUES = 100_000


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Stage(_Lenient):
    files: list[str]
    mAP: float = 0.0  # noqa: N815 - YMIR's spelling


class _Context(_Lenient):
    executor: str = ""
    mAP: float = 0.0  # noqa: N815 - YMIR's spelling


class _Information(_Lenient):
    """`ymir-info.yaml`; `models` is how packages before 2.0 list their files."""

    executor_config: dict[str, JsonValue] = {}
    task_context: _Context = _Context()
    stages: dict[str, _Stage] = {}
    models: list[str] = []
    best_stage_name: str = ""
    object_type: int = DETECTION
    package_version: str = ""
    attachments: dict[str, list[str]] = Field(default_factory=dict)
    evaluate_config: JsonValue = None


def read_package(path: Path) -> Package:
    """Read all of it once: names, sizes and checksums are right, and its model is there."""
    checksums: dict[str, str] = {}
    texts: dict[str, bytes] = {}

    def visit(name: str, data: IO[bytes]) -> None:
        head = data.read(LARGEST_TEXT + 1)
        if name in (INFO, SUMS):
            texts[name] = head
        digest = hashlib.sha256(head)
        while piece := data.read(MIB):
            digest.update(piece)
        checksums[name] = digest.hexdigest()

    read_archive(path, visit)
    if INFO not in texts:
        raise DataError(
            f"`{path.name}` is not a model package: it has no `{INFO}`",
            hint="a round's package lies in `data/rounds/PROJECT/N/`",
        )
    if SUMS in texts:
        _check_sums(texts[SUMS], checksums, path.name)
    return _package(path, _information(texts[INFO], path.name), checksums)


def read_member(path: Path, name: str) -> bytes | None:
    """A text in a package; None where it has none of this name."""
    found: list[bytes] = []

    def visit(member: str, data: IO[bytes]) -> None:
        if member == name:
            found.append(data.read(LARGEST_TEXT))

    read_archive(path, visit)
    return found[0] if found else None


def unpack_stage(package: Package, folder: Path, stage: str | None = None) -> dict[str, Path]:
    """Write a stage's files (of the best, by default) into `folder`; file name -> where it is."""
    chosen = package.stages[stage] if stage else package.best
    wanted = {member: file for file, member in chosen.members.items()}
    written: dict[str, Path] = {}

    def visit(name: str, data: IO[bytes]) -> None:
        if name in wanted:
            target = folder / wanted[name]
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(data, target, package.checksums[name])
            written[wanted[name]] = target

    read_archive(package.path, visit)
    return written


def _write(data: IO[bytes], target: Path, checksum: str) -> None:
    with target.open("xb") as file:
        shutil.copyfileobj(data, file, MIB)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != checksum:
            target.unlink()
            raise DataError(
                f"`{target.name}` changed while the package was read",
                hint="try again when it is written whole",
            )


def _check_sums(text: bytes, checksums: Mapping[str, str], archive: str) -> None:
    lines = text.decode("utf-8", "replace").splitlines()
    said = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    held = {name: digest for name, digest in checksums.items() if name != SUMS}
    wrong = sorted(name for name in {*said, *held} if said.get(name) != held.get(name))
    if wrong:
        raise DataError(
            f"`{archive}` is damaged: the checksum of `{wrong[0]}` is wrong",
            hint="fetch it again from where it came from",
        )


def _information(text: bytes, archive: str) -> _Information:
    try:
        if len(text) > LARGEST_TEXT:
            raise DataError(f"`{INFO}` in `{archive}` is larger than {LARGEST_TEXT} bytes")
        values = yaml_of(text, aliases=True)
        _check_size(values, archive)
        return _Information.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise DataError(f"`{INFO}` in `{archive}` is wrong: {what}") from error
    except ValueError as error:
        line = " ".join(str(error).split())[:200]
        raise DataError(f"`{INFO}` in `{archive}` is not YAML: {line}") from error


def _check_size(values: Any, archive: str) -> None:  # noqa: ANN401 - whatever YAML held
    """Refuse text that grows without bounds through references to itself."""
    waiting, count = [values], 0
    while waiting:
        each = waiting.pop()
        count += 1
        if count + len(waiting) > MOST_VALUES:
            raise DataError(f"`{INFO}` in `{archive}` holds more than {MOST_VALUES} values")
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _package(path: Path, said: _Information, checksums: Mapping[str, str]) -> Package:
    if said.package_version and said.package_version not in (*VERSIONS, "1.1.0"):
        raise DataError(
            f"`{path.name}` is a package of version {said.package_version}, not 2.0",
            hint="have it packaged by YMIR 2.x or by `ymir model export --package`",
        )
    if said.object_type != DETECTION:
        raise DataError(f"`{path.name}` holds no detector: its object type is {said.object_type}")
    stages = _stages(said, checksums, path.name)
    best = said.best_stage_name or next(iter(stages))
    if best not in stages:
        raise DataError(f"`{path.name}` recommends stage `{best}`, which it does not hold")
    names = said.executor_config.get("class_names")
    if not isinstance(names, list) or not names:
        raise DataError(f"`{path.name}` does not say what it detects: no `class_names`")
    attached = [
        f"{section}/{file}" for section, files in said.attachments.items() for file in files
    ]
    return Package(
        path=path,
        version=said.package_version,
        executor=said.task_context.executor,
        class_names=tuple(str(name) for name in names),
        config=said.executor_config,
        stages=stages,
        best_stage=best,
        attachments=tuple(attached),
        threshold=_threshold(said.evaluate_config),
        checksums=dict(checksums),
    )


def _threshold(evaluated: JsonValue) -> float | None:
    found = evaluated.get("conf_thr") if isinstance(evaluated, dict) else None
    return float(found) if isinstance(found, int | float) and 0 <= found <= 1 else None


def _stages(
    said: _Information, checksums: Mapping[str, str], archive: str
) -> dict[str, PackagedStage]:
    found = dict(said.stages)
    if not found and said.models:
        found = {OLD_STAGE: _Stage(files=said.models, mAP=said.task_context.mAP)}
    if not found:
        raise DataError(f"`{archive}` holds no model: `{INFO}` names no stage")
    return {
        name: PackagedStage(name, _members(name, stage.files, checksums, archive), stage.mAP)
        for name, stage in found.items()
    }


def _members(
    stage: str, files: list[str], checksums: Mapping[str, str], archive: str
) -> dict[str, str]:
    """Files lie in the folder of their stage or at the root."""
    members: dict[str, str] = {}
    for file in files:
        name = safe_name(file, archive)
        member = safe_name(f"{stage}/{name}", archive)
        if member not in checksums:
            member = name
        if member not in checksums:
            raise DataError(f"`{archive}` lists `{stage}/{name}`, which is not in it")
        members[name] = member
    return members
