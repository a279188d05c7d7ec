"""Images that jobs are given: whether they still are what was imported, and whose they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from ymir.dvc.objects import md5_of_file, object_path
from ymir.dvc.project import MEDIA
from ymir.errors import DataError
from ymir.keeping.bereft import bereft
from ymir.media.workers import stream
from ymir.stages.kind import Work

_SHOWN = 3  # versions that are named
_PER_FILE, _PER_BYTE = 30e-6, 1 / 450e6  # seconds of hashing


def located(work: Work, *tables: pl.DataFrame) -> dict[str, Path]:
    """Where the bytes of the tables' images lie; refused where some are not as many as they were.

    To read them all before each job would take too long; their sizes are known at once.
    """
    sizes = {
        image: size
        for table in tables
        for image, size in table.select("image", "bytes").iter_rows()
    }
    found = work.media.locate(sizes)
    wrong = {each for each, size in sizes.items() if size and found[each].stat().st_size != size}
    if wrong:
        raise _refusal(work, wrong)
    return found


def damage(work: Work, jobs: Collection[Path]) -> DataError | None:
    """What to say where the images that jobs were given are to blame for how they ended.

    Each is read; what was laid out for jobs with damaged ones goes, so that it is laid out anew.
    """
    spoiled = {job: set(_spoiled(job, work.media.cache)) for job in jobs}
    for job in (each for each, images in spoiled.items() if images):
        shutil.rmtree(job / "in", ignore_errors=True)
    wrong = set().union(*spoiled.values())
    return _refusal(work, wrong) if wrong else None


def _refusal(work: Work, images: Collection[str]) -> DataError:
    whose = list(islice(bereft(work.workspace, {MEDIA: images}), _SHOWN + 1))
    names = [each.says for each in whose[:_SHOWN]] or sorted(images)[:_SHOWN]
    more = "; others" if len(whose) > _SHOWN else ""
    count = f"{len(images)} image{' is' if len(images) == 1 else 's are'}"
    return DataError(
        f"{count} damaged in the store, and no executor can be blamed: {'; '.join(names)}{more}",
        hint="`ymir fsck --fix` brings back what was imported; then run again",
    )


def _spoiled(job: Path, cache: Path) -> Iterator[str]:
    """The digests of the images that were not what their names say before the job began."""
    given = sorted((job / "in" / "assets").glob("*/*"))
    if not given:
        return
    since = _laid_out(job)
    asked = {
        (found.st_dev, found.st_ino): (str(path), image, found.st_size)
        for each in given
        for path, image in ((each, each.stem), (object_path(cache, each.stem), each.stem))
        if (found := _stat(path)) and found.st_mtime_ns <= since  # else, the executor wrote there
    }
    seconds = sum(_PER_FILE + size * _PER_BYTE for _, _, size in asked.values())
    for wrong in stream(_wrong, [*asked.values()], seconds=seconds, in_threads=True):
        yield from wrong


def _laid_out(job: Path) -> int:
    found = _stat(job / "in" / "env.yaml")
    return found.st_mtime_ns if found else 0


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _wrong(asked: Sequence[tuple[str, str, int]]) -> list[str]:
    return [image for path, image, _ in asked if not _is_sound(Path(path), image)]


def _is_sound(path: Path, digest: str) -> bool:
    try:
        return md5_of_file(path) == digest
    except OSError:
        return False
