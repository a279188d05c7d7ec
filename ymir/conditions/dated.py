"""Conditions with the moment since when they hold, and the specs that they speak of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from ymir.dvc.files import if_writable, write_whole
from ymir.git import attempt, is_repository, uncommitted
from ymir.plan.conditions import Condition
from ymir.spec.base import Spec
from ymir.spec.catalogue import Catalogue

SPECS = "specs"


@dataclass(frozen=True)
class Generation:
    """Which state of its spec a condition speaks of: a digest, and the commit it is from."""

    digest: str  # 12 hex digits of the object's own spec; of all specs for the workspace
    commit: str | None  # the newest that touched a spec; None where none did
    edited: bool | None  # whether specs were changed since; None outside of git


@dataclass(frozen=True)
class Dated:
    """A condition, since when it is so, and for which specs."""

    condition: Condition
    since: float  # seconds since 1970
    generation: Generation

    def data(self) -> dict[str, JsonValue]:
        """The condition for programs."""
        said = asdict(self.condition)
        said["about"] = self.condition.about or None
        said["next"] = self.condition.next or None
        return {
            **said,
            "since": iso(self.since),
            "observed_generation": asdict(self.generation),
        }


@dataclass(frozen=True)
class _Kept:
    state: tuple[str, str, str]
    since: float


_Memory = TypeAdapter(dict[str, _Kept])


def dated(
    root: Path, catalogue: Catalogue, found: Sequence[Condition], now: float
) -> tuple[Dated, ...]:
    """Each condition with its date; what has changed since somebody looked last is remembered."""
    before, looked = _read(root)
    moments = _Moments(root, now, looked)
    kept = before | {each.key: _dated(each, before.get(each.key), moments) for each in found}
    with if_writable():
        if kept != before:
            write_whole(_file(root), json.dumps({key: asdict(it) for key, it in kept.items()}))
        os.utime(_file(root), (now, now))
    generations = _generations(root, catalogue)
    return tuple(
        Dated(each, kept[each.key].since, generations[(each.kind, each.name)])
        if (each.kind, each.name) in generations
        else Dated(each, kept[each.key].since, generations[("workspace", "")])
        for each in found
    )


def iso(moment: float) -> str:
    """Seconds since 1970 as `2026-11-23T10:00:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Moments:
    """When an object's records were last committed; asked of git only where it must be."""

    def __init__(self, root: Path, now: float, looked: float) -> None:
        self._root, self.now, self.looked = root, now, looked
        self._known: dict[tuple[str, str], float | None] = {}
        self._has_git: bool | None = None

    def of(self, condition: Condition) -> float | None:
        """Of a condition's object; None where no commit holds any."""
        key = (condition.kind, condition.name)
        if key not in self._known:
            self._known[key] = self._asked(condition)
        return self._known[key]

    def _asked(self, condition: Condition) -> float | None:
        if self._has_git is None:
            self._has_git = is_repository(self._root)
        found = _newest(self._root, _records(condition)) if self._has_git else None
        moment = found[1] if found else None
        return moment if moment is not None and moment <= self.now else None


def _dated(condition: Condition, before: _Kept | None, moments: _Moments) -> _Kept:
    """As it was remembered; otherwise since a record that came after the last look, or now."""
    state = condition.state
    if before and before.state == state:
        return before
    recorded = moments.of(condition)
    is_its_work = recorded is not None and (before is None or recorded >= moments.looked)
    return _Kept(state, recorded if is_its_work and recorded is not None else moments.now)


def _records(condition: Condition) -> tuple[str, ...]:
    """The files that say what exists of an object."""
    name = condition.name
    match condition.kind:
        case "project":
            return (f"data/rounds/{name}/*.dvc", f"reports/{name}/html.dvc")
        case "dataset":
            return (f"data/datasets/{name}/v*.dvc",)
        case "model":
            return (f"data/models/{name}/v*.dvc",)
        case _:
            return ("data/**/*.dvc", "reports/**/*.dvc")


def _generations(root: Path, catalogue: Catalogue) -> dict[tuple[str, str], Generation]:
    has_git = is_repository(root)
    touch = _newest(root, (f"{SPECS}/**",)) if has_git else None
    edited = bool(uncommitted(root, (root / SPECS,))) if has_git else None
    kinds: Mapping[str, Mapping[str, Spec]] = {
        "project": catalogue.projects,
        "dataset": catalogue.datasets,
        "model": catalogue.models,
    }
    specs = {(kind, name): spec for kind, each in kinds.items() for name, spec in each.items()}
    others = (catalogue.labels, catalogue.workspace, *catalogue.executors.values())
    all_of_them = _digest((*others, *specs.values()))
    commit = touch[0] if touch else None
    found = {key: Generation(_digest((spec,)), commit, edited) for key, spec in specs.items()}
    return {**found, ("workspace", ""): Generation(all_of_them, commit, edited)}


def _newest(root: Path, patterns: Sequence[str]) -> tuple[str, float] | None:
    """The newest commit that touched files of these names, and when it was made."""
    named = [f":(glob){pattern}" for pattern in patterns]
    said = attempt(root, "log", "-1", "--format=%H %ct", "--", *named).stdout.split()
    return (said[0], float(said[1])) if len(said) == 2 else None


def _digest(specs: Iterable[Spec]) -> str:
    """Without defaults: a new option of ymir is no edit."""
    said = [spec.model_dump_json(by_alias=True, exclude_defaults=True).encode() for spec in specs]
    return hashlib.sha256(b"\n".join(sorted(said))).hexdigest()[:12]


def _read(root: Path) -> tuple[dict[str, _Kept], float]:
    """What is remembered, and when somebody looked last."""
    try:
        return _Memory.validate_json(_file(root).read_bytes()), _file(root).stat().st_mtime
    except (OSError, ValidationError):
        return {}, 0.0


def _file(root: Path) -> Path:
    return root / ".ymir" / "conditions.json"
