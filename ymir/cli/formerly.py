"""What was protected when its spec was taken out: git's history of the specs knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ymir.git import attempt, is_repository
from ymir.spec.compose import compose
from ymir.spec.document import Document, identify

_MOST = 20  # commits that are looked at for one name; the newest ones


@dataclass(frozen=True)
class Formerly:
    """Where the last spec of something stood: `3f2a91c:specs/helmet.yaml`."""

    place: str
    is_protected: bool


def formerly_protected(root: Path, kinds: Mapping[str, str]) -> dict[str, str]:
    """Of names without a spec, each with its kind: where the last one said `protect: true`."""
    if not is_repository(root):
        return {}
    found = {name: _last_spec(root, kind, name) for name, kind in kinds.items()}
    return {name: each.place for name, each in found.items() if each and each.is_protected}


def _last_spec(root: Path, kind: str, name: str) -> Formerly | None:
    for commit in ("HEAD", *_before_edits(root, name)):
        for file in _naming(root, commit, name):
            for document in _documents(root, commit, file):
                if (document.kind, document.name) == (kind, name):
                    short = attempt(root, "rev-parse", "--short", commit).stdout.strip()
                    place = f"{short}:specs/{file.rpartition('specs/')[2]}"
                    return Formerly(place, document.value.get("protect") is True)
    return None


def _before_edits(root: Path, name: str) -> Iterator[str]:
    """The commits before those in which a line with this name came or went, newest first."""
    pattern = f"-Gname: *[\"']?{name}([^a-z0-9-]|$)"
    logged = attempt(root, "log", f"-{_MOST}", pattern, "--format=%H", "--", "specs")
    yield from (f"{commit}^" for commit in logged.stdout.split())


def _naming(root: Path, commit: str, name: str) -> Collection[str]:
    listed = attempt(root, "grep", "-l", "-z", "-F", "-e", name, commit, "--", "specs")
    return [each.partition(":")[2] for each in listed.stdout.split("\0") if each]


def _documents(root: Path, commit: str, file: str) -> Iterator[Document]:
    text = attempt(root, "show", f"{commit}:./{file}").stdout
    for node in compose(text, file).documents:
        found = identify(node, file) if node.value is not None else None
        if isinstance(found, Document):
            yield found
