"""Import a dataset of another workspace: its table, and only those images that are wanted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from ymir.dvc import pointer
from ymir.dvc.borrowed import borrow
from ymir.dvc.files import storing, write_whole
from ymir.dvc.folders import entries_of
from ymir.dvc.objects import md5_of_bytes, md5_of_file, object_path
from ymir.dvc.project import MEDIA, cache_of
from ymir.dvc.stock import lacking
from ymir.errors import DataError, StoreError
from ymir.media.admission import Admission
from ymir.media.files import read_file
from ymir.media.probe import probe
from ymir.media.shelf import Shelf
from ymir.media.store import MediaStore
from ymir.media.tables import read_foreign
from ymir.media.workers import spread
from ymir.sources.adopt import adopt, sound
from ymir.sources.origins.arrival import pinned
from ymir.sources.origins.repository import fetch_commit, names_in, text_of
from ymir.spec.addresses import local_path
from ymir.spec.source import FromGit, Source

_TABLE = "images.parquet"
_VERSION = re.compile(r"v([1-9][0-9]*)\.dvc")
_PER_FILE, _PER_BYTE = 150e-6, 1 / 350e6  # seconds of work


def import_catalogue(
    source: Source, media: MediaStore, *, labels: Mapping[str, str]
) -> tuple[pl.DataFrame, Mapping[str, Any]]:
    """A catalogue's dataset with our names for its labels, its images stored here; and its account.

    The account has the `commit`, the `version`, the `balance` of images and boxes, and a reason for
    all that was left out. Killed anywhere, the next call goes on with what has arrived.
    """
    git = source.git
    if git is None:
        raise DataError(f"`{source.place}` is no catalogue", hint="it has no `from: git:`")
    key = pinned(source, media.workspace)
    folder = media.workspace / ".ymir" / "arrivals" / f"catalogue-{key}"
    with storing(f"`{source.place}` cannot be fetched"):
        catalogue = _opened(source, git, media.workspace, folder)
        table = sound(_table(catalogue), f"`{git.dataset}` at {source.place}")
        adopted = adopt(table, labels=labels, unknown=source.unknown_labels, wanted=git.labels)
        if not adopted.images.height:
            raise DataError(
                f"`{git.dataset}` at {source.place} has no image that is wanted",
                hint=f"it has {_labels_of(table)}",
            )
        _bring(adopted.images, catalogue, media)
        shutil.rmtree(folder)
    return adopted.images, {
        "commit": catalogue.commit,
        "version": catalogue.version,
        "balance": adopted.balance,
        "rejected": adopted.rejected,
    }


@dataclass(frozen=True)
class _Catalogue:
    """Somebody's workspace as it is in one commit: its remotes, and one of its versions."""

    folder: Path  # a workspace of ours, which borrows its remotes
    place: str
    commit: str
    version: int
    digest: str


def _opened(source: Source, git: FromGit, workspace: Path, folder: Path) -> _Catalogue:
    commit = fetch_commit(git.url, git.rev, folder, workspace)
    top = f"{source.folder.strip('/')}/" if source.folder else ""
    configs = {
        project: text_of(folder, commit, f"{top}{prefix}.dvc/config")
        for project, prefix in (("", ""), (MEDIA, f"{MEDIA}/"))
    }
    texts = {project: text for project, text in configs.items() if text is not None}
    if len(texts) < len(configs):
        hint = "say with `folder` where it lies in the repository" if not top else None
        raise DataError(f"{source.place} is not a workspace of ymir", hint=hint)
    path = local_path(git.url)
    borrow(folder, texts, None if path is None else (workspace / path / top).resolve())
    name, number = _version(folder, commit, f"{top}data/datasets", git)
    pointed = folder / f"{name}.dvc"
    where = f"{top}data/datasets/{name}/v{number}.dvc"
    write_whole(pointed, text_of(folder, commit, where) or "")
    return _Catalogue(folder, source.place, commit, number, pointer.read(pointed).digest)


def _version(folder: Path, commit: str, datasets: str, git: FromGit) -> tuple[str, int]:
    """The name and the number of the version that is asked for."""
    name, _, asked = git.dataset.partition("@v")
    found = (_VERSION.fullmatch(each) for each in names_in(folder, commit, f"{datasets}/{name}"))
    numbers = sorted(int(match[1]) for match in found if match)
    if not numbers:
        others = [f"`{each}`" for each in names_in(folder, commit, datasets)]
        hint = f"it has {', '.join(others)}" if others else "it has no datasets"
        raise DataError(f"{git.url} at {git.rev} has no dataset `{name}`", hint=hint)
    number = int(asked) if asked else numbers[-1]
    if number not in numbers:
        hint = f"it has {', '.join(f'`{name}@v{each}`' for each in numbers)}"
        raise DataError(f"{git.url} at {git.rev} has no `{git.dataset}`", hint=hint)
    return name, number


def _table(catalogue: _Catalogue) -> pl.DataFrame:
    cache = cache_of(catalogue.folder)
    _fetch(catalogue, {catalogue.digest}, project="")
    digest = entries_of(cache, catalogue.digest).get(_TABLE)
    if not digest:
        raise DataError(f"`{_TABLE}` is missing in {catalogue.place}", hint="ask who made it")
    _fetch(catalogue, {digest}, project="")
    for each in (catalogue.digest, digest):
        if md5_of_file(object_path(cache, each)) != each.removesuffix(".dir"):
            object_path(cache, each).unlink()
            raise _damaged(catalogue, [each])
    try:
        return read_foreign(object_path(cache, digest), catalogue.folder / _TABLE)
    except StoreError as error:
        raise DataError(f"{catalogue.place}: {error}", hint="ask who made it") from error


def _fetch(catalogue: _Catalogue, digests: set[str], *, project: str) -> None:
    """Bring these objects here, unless they are."""
    if absent := lacking(cache_of(catalogue.folder / project), digests):
        from ymir.dvc import remote  # importing DVC takes half a second

        try:
            remote.fetch_exactly(catalogue.folder, absent, project=project)
        except StoreError as error:
            raise StoreError(f"{catalogue.place}: {error}", hint=error.hint) from error


class _Wanted(NamedTuple):
    """One image, as the table describes it."""

    digest: str
    bytes: int
    width: int
    height: int
    format: str


def _bring(images: pl.DataFrame, catalogue: _Catalogue, media: MediaStore) -> None:
    """Make objects of the images that we lack, each checked, and register all of them."""
    columns = ("image", "bytes", "width", "height", "format")
    wanted = [_Wanted(*row) for row in images.select(columns).iter_rows()]
    absent = lacking(media.cache, [each.digest for each in wanted])
    fresh = [each for each in wanted if each.digest in absent]
    cache = cache_of(catalogue.folder / MEDIA)
    _fetch(catalogue, absent, project=MEDIA)
    shelf = Shelf(str(media.cache), "link")
    seconds = len(fresh) * _PER_FILE + sum(each.bytes for each in fresh) * _PER_BYTE
    if wrong := spread(partial(_take_in, str(cache), shelf), fresh, seconds=seconds):
        for digest in wrong:
            object_path(cache, digest).unlink(missing_ok=True)  # to be fetched again
        raise _damaged(catalogue, wrong)
    here = str(media.cache)
    media.admit([Admission(here, each.digest, each.bytes, each.format) for each in wanted])


def _take_in(cache: str, shelf: Shelf, images: Sequence[_Wanted]) -> list[str]:
    """Store those that are what the table says; return the others."""
    return [each.digest for each in images if not _is_taken(cache, shelf, each)]


def _is_taken(cache: str, shelf: Shelf, image: _Wanted) -> bool:
    path = f"{cache}/{image.digest[:2]}/{image.digest[2:]}"
    content = read_file(path, image.bytes)
    said = (image.width, image.height, image.format)
    if md5_of_bytes(content) != image.digest or probe(content, f"x.{image.format}") != said:
        return False
    shelf.put(image.digest, path, content)
    return True


def _damaged(catalogue: _Catalogue, digests: Sequence[str]) -> DataError:
    return DataError(
        f"{len(digests)} objects of {catalogue.place} are not what they should be, "
        f"e.g. `{digests[0]}`",
        hint="run `ymir fsck` there",
    )


def _labels_of(table: pl.DataFrame) -> str:
    labels = table["objects"].explode().struct.field("label").drop_nulls().unique().sort()
    return f"boxes of {', '.join(f'`{each}`' for each in labels)}" if len(labels) else "no boxes"
