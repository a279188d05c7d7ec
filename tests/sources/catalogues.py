"""Workspaces that others publish: a dataset with real images, in git and on a remote."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tests.dvc.real import new_workspace, run_git
from tests.media.pictures import picture, put
from ymir.data.table import table
from ymir.dvc import folders, remote
from ymir.dvc.objects import md5_of_bytes, object_path
from ymir.dvc.project import MEDIA, cache_of
from ymir.media.admission import Admission
from ymir.media.store import MediaStore
from ymir.media.tables import write_table
from ymir.spec.source import Source

SIZE = (64, 48)
BOX = {"x": 1.0, "y": 2.0, "w": 10.0, "h": 20.0}


@dataclass(frozen=True)
class Published:
    """Somebody's workspace, in a git repository of its own or below one."""

    root: Path
    top: Path

    def add(self, name: str, labels: Iterable[str], *, version: int = 1, start: int = 0) -> None:
        """A version of a dataset: an image per word, with a box for each label in it."""
        rows = [self._row(start + at, each) for at, each in enumerate(labels)]
        self.record(name, table(rows), version=version)

    def _row(self, number: int, labels: str) -> dict[str, Any]:
        content = picture(number, SIZE)
        file = put(self.root / "raw" / f"{number}.jpg", content)
        digest = md5_of_bytes(content)
        MediaStore(self.root).admit([Admission(str(file), digest, len(content), "jpg")])
        return {
            "image": digest,
            "file": f"{number}.jpg",
            "width": SIZE[0],
            "height": SIZE[1],
            "bytes": len(content),
            "objects": [{"label": label, **BOX} for label in labels.split()],
        }

    def record(self, name: str, images: pl.DataFrame, *, version: int = 1) -> None:
        """Any table as a version."""
        write_table(images, self.root / ".ymir" / "made" / "images.parquet")
        self._record(name, version)

    def record_bytes(self, name: str, content: bytes) -> None:
        """What is said to be a table, as its first version."""
        put(self.root / ".ymir" / "made" / "images.parquet", content)
        self._record(name, 1)

    def _record(self, name: str, version: int) -> None:
        made = self.root / ".ymir" / "made"
        cache = cache_of(self.root)
        entries = folders.store(cache, made)
        path = self.root / "data" / "datasets" / name / f"v{version}.dvc"
        folders.track(cache, path, entries, {})
        (made / "images.parquet").unlink()

    def publish(self, tag: str, files: Mapping[str, str] | None = None) -> str:
        """Push, write files that the workspace itself would not like, commit and tag."""
        remote.push(self.root)
        for name, text in (files or {}).items():
            (self.root / name).write_text(text)
        run_git(self.top, "add", "--all")
        run_git(self.top, "commit", "--quiet", "--message", tag)
        run_git(self.top, "tag", tag)
        return run_git(self.top, "rev-parse", "HEAD").strip()

    def stored(self, digest: str, project: str = MEDIA) -> Path:
        """Where the remote keeps an object."""
        return object_path(self.root.parent / "storage" / project / "files" / "md5", digest)


def published(root: Path, *, top: Path | None = None, away: str | None = "../storage") -> Published:
    """An empty one, whose remote is a folder beside it."""
    if top:
        top.mkdir(parents=True)
        run_git(top, "init", "-q")
    workspace = new_workspace(root, away)
    if top:
        (root / ".git").rename(root.parent / "not-used.git")
    (root / ".gitignore").write_text("/.ymir/\n/raw/\n")
    return Published(workspace, top or workspace)


def asked(rev: str = "v1", dataset: str = "base", **more: object) -> Source:
    """What a spec says of the catalogue beside its workspace."""
    git: dict[str, object] = {"url": "../catalogue", "rev": rev, "dataset": dataset}
    for name in ("url", "labels"):
        if name in more:
            git[name] = more.pop(name)
    return Source.model_validate({"git": git, **more})


def files_of(workspace: Path) -> Mapping[str, bytes]:
    """The images that a workspace holds, by digest."""
    cache = cache_of(workspace / MEDIA)
    found = (path for path in cache.rglob("*") if path.is_file() and path.suffix != ".dir")
    return {path.parent.name + path.name: path.read_bytes() for path in found}
