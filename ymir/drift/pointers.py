"""Pointers that people changed, removed or broke, instead of ymir."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from ymir import git
from ymir.drift.finding import Code, Finding
from ymir.dvc import folders, pointer
from ymir.dvc.objects import md5_of_bytes, md5_of_file, tree_bytes
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, paths_of
from ymir.errors import StoreError

_PATTERNS = ("data/*/*/*.dvc", "reports/*/html.dvc", "media/pool/*.dvc", "reports/*/metrics.json")
_PARTS = ("recipe", "digest", "facts", "files")
_METRICS = "metrics.json"

Record = Mapping[str, JsonValue]


def look(workspace: Path, *, is_committing: bool) -> Iterator[Finding]:
    """What differs from the newest commit, and what does not fit together.

    What ymir recorded and has not committed, as after a kill, is no drift: the next run commits it.
    Where ymir leaves commits to people, a pointer that differs from its commit is theirs to judge.
    """
    changed: set[Path] = set()
    if git.is_repository(workspace):
        removed = [path for path in git.gone(workspace, _PATTERNS) if path.suffix == ".dvc"]
        for path in removed:
            yield _finding("pointer-removed", workspace, path, "its record is gone")
        changed = set(git.pending(workspace, _PATTERNS))
    for project in TRACKED:
        for path in paths_of(workspace, project):
            before = _committed(workspace, path) if path in changed and is_committing else ""
            yield from _pointer(workspace, path, before, is_changed=path in changed)
    for path in changed:
        is_alone = path.name == _METRICS and path.with_name("html.dvc") not in changed
        if is_alone and is_committing and _committed(workspace, path):
            yield Finding(
                "artefact-edited", _name(workspace, path), "was edited", _checkout(workspace, path)
            )


def uncommitted(workspace: Path) -> Iterator[Finding]:
    """Of pointers that no commit holds as they are, those that ymir did not write so."""
    if git.is_repository(workspace):
        for path in git.pending(workspace, _PATTERNS):
            if path.suffix == ".dvc":
                before = _committed(workspace, path)
                yield from _pointer(workspace, path, before, is_changed=True)


def _pointer(workspace: Path, path: Path, before: str, *, is_changed: bool) -> Iterator[Finding]:
    try:
        now = pointer.read(path)
    except StoreError:
        yield _finding("pointer-unreadable", workspace, path, "cannot be read")
        return
    if before and (differing := _differing(_parsed(before, path), now)):
        what = f"was changed by hand: {', '.join(differing)}"
        yield _finding("pointer-edited", workspace, path, what)
    elif unfit := _unfit(workspace, path, now):
        name = _name(workspace, path)
        heal = _checkout(workspace, path) if is_changed else f"git log -p -- {name}"
        yield Finding("pointer-unfit", name, unfit, heal)


def _parsed(text: str, path: Path) -> Pointer | None:
    try:
        return pointer.parse(text.encode(errors="surrogateescape"), path)
    except StoreError:
        return None


def _differing(before: Pointer | None, now: Pointer) -> list[str]:
    """Which parts of what was recorded are others; what is recorded besides is no difference."""
    if before is None:
        return []
    old, new = _records(before), _records(now)
    found = [f"{name} is gone" for name in old if name not in new]
    for name in (name for name in old if name in new):
        parts = [part for part in _PARTS if old[name].get(part) != new[name].get(part)]
        if "digest" in parts or {"recipe", "facts"} <= {*parts}:
            continue  # made anew, if it fits what it points to: ymir notes the seconds that it took
        found += [f"{part} of {name}" if name else part for part in parts]
    if before.path != now.path:
        found.append("path")
    if old == new and before.digest != now.digest:
        found.append("md5")
    return found


def _unfit(workspace: Path, path: Path, now: Pointer) -> str | None:
    """Why what a pointer says of its stages does not fit what it points to; None if it does."""
    records = _records(now)
    cache = cache_of(workspace)
    if not records or lacking(cache, [now.digest]):
        return None
    try:
        entries = folders.entries_of(cache, now.digest)
    except StoreError:
        return None
    for name, record in records.items():
        files = record.get("files")
        listed = entries if not name else _chosen(entries, files)
        fitting = (_digest({**listed, **each}) for each in _beside(workspace, path))
        if not any(record.get("digest") == each for each in fitting):
            return f"what it says of {name or 'its data'} does not fit what it points to"
    return None


def _chosen(entries: folders.Entries, files: JsonValue) -> dict[str, str]:
    names = [str(each) for each in files] if isinstance(files, list) else []
    return {name: entries.get(name, "") for name in names}


def _beside(workspace: Path, path: Path) -> Iterator[dict[str, str]]:
    """What may lie beside what is pointed to: the figures of a report, also as they were."""
    yield {}
    figures = path.with_name(_METRICS)
    if figures.is_file():
        yield {_METRICS: md5_of_file(figures)}
        yield {
            _METRICS: md5_of_bytes(_committed(workspace, figures).encode(errors="surrogateescape"))
        }


def _digest(entries: folders.Entries) -> str:
    return md5_of_bytes(tree_bytes(entries))


def _records(of: Pointer) -> dict[str, Record]:
    """Stage of a round -> what is noted of it; of anything else, under no name."""
    noted = of.meta.get("ymir")
    if not isinstance(noted, dict):
        return {}
    stages = noted.get("stages")
    if isinstance(stages, dict):
        return {name: each for name, each in stages.items() if isinstance(each, dict)}
    return {"": noted}


def _committed(workspace: Path, path: Path) -> str:
    return git.committed(workspace, _name(workspace, path))


def _finding(code: Code, workspace: Path, path: Path, what: str) -> Finding:
    return Finding(code, _name(workspace, path), what, _checkout(workspace, path))


def _checkout(workspace: Path, path: Path) -> str:
    return f"git checkout -- {_name(workspace, path)}"


def _name(workspace: Path, path: Path) -> str:
    return path.relative_to(workspace).as_posix()
