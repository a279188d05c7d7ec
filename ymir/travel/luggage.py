"""What a stage's unfinished jobs left that another machine can use, and how it is put there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

import orjson

from ymir.contracts.attempt import Attempt, Ending, attempts, is_committed, newest, note, record
from ymir.contracts.ticket import FILE as TICKET
from ymir.dvc.objects import copy_file

_OUT, _CHECKPOINT = "out", "checkpoint"
_ARRIVED = "arrived.json"  # in a stage's folder: which luggage it has, by digest


def contents(stage: Path) -> dict[str, Path]:
    """Name in the luggage -> file: what finished jobs made, the others' newest checkpoints.

    A link that leads out of its job is left where it is: it could name anything.
    """
    return {
        (where / name).as_posix(): file
        for job in _jobs(stage)
        for where, root, files in _of_job(job, PurePosixPath(job.relative_to(stage).as_posix()))
        for name, file in _named(root, files)
    }


def share(stage: Path) -> float | None:
    """How much of its work the job with the newest checkpoint says is done; None if it is mute."""
    shares = (each.progress for job in _jobs(stage) for each in _with_checkpoint(job)[:1])
    return next((each.share for each in shares if each is not None), None)


def put(jobs: Collection[Path], stage: Path, luggage: Path, names: Collection[str]) -> None:
    """Lay the files of the folder `luggage` out where these jobs of a stage look for them.

    A checkpoint comes as one more attempt that was stopped; a job that is finished stays as it is.
    """
    for job in jobs:
        prefix = PurePosixPath(job.relative_to(stage).as_posix())
        made = _below(prefix / _OUT, names)
        left = {name: file for name, file in _below(prefix, names).items() if _is_checkpoint(name)}
        if is_committed(job):
            continue
        if made:
            _whole(luggage, made, job / _OUT)
        elif left:
            last = newest(job)
            number = last.number + 1 if last else 1
            _whole(luggage, left, job / "attempts" / str(number), below=_OUT)


def has_arrived(stage: Path, digest: str) -> bool:
    """Whether this luggage was packed from this folder, or put there."""
    try:
        return bool(orjson.loads((stage / _ARRIVED).read_bytes())["digest"] == digest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def note_arrival(stage: Path, digest: str) -> None:
    """Remember which luggage the folder has."""
    note(Attempt(stage), _ARRIVED, {"digest": digest})


def _jobs(stage: Path) -> list[Path]:
    return sorted(ticket.parent for ticket in (*stage.glob(TICKET), *stage.glob(f"*/{TICKET}")))


def _of_job(job: Path, prefix: PurePosixPath) -> Iterator[tuple[PurePosixPath, Path, list[Path]]]:
    """Where its files go, the folder that they lie in, and which they are."""
    if is_committed(job):
        yield prefix / _OUT, job / _OUT, _walked(job / _OUT)
        return
    for attempt in _with_checkpoint(job)[:1]:
        found = sorted(attempt.out.glob(f"{_CHECKPOINT}*"))
        yield prefix, attempt.out, [file for each in found for file in _walked(each)]


def _with_checkpoint(job: Path) -> list[Attempt]:
    """The attempts that left a checkpoint, newest first."""
    tried = reversed(attempts(job))
    return [each for each in tried if any(each.out.glob(f"{_CHECKPOINT}*"))]


def _walked(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [Path(parent, name) for parent, _, files in os.walk(path) for name in files]


def _named(root: Path, files: list[Path]) -> Iterator[tuple[str, Path]]:
    inside = root.resolve()
    for file in files:
        if file.resolve().is_relative_to(inside) and file.is_file():
            yield file.relative_to(root).as_posix(), file


def _below(prefix: PurePosixPath, names: Collection[str]) -> dict[str, str]:
    """Name below the prefix -> name in the luggage."""
    paths = {name: PurePosixPath(name) for name in names}
    return {
        path.relative_to(prefix).as_posix(): name
        for name, path in paths.items()
        if path.is_relative_to(prefix)
    }


def _is_checkpoint(name: str) -> bool:
    return name.startswith(_CHECKPOINT)


def _whole(luggage: Path, files: Mapping[str, str], folder: Path, *, below: str = "") -> None:
    """Make `folder` of files of the luggage, in one step; of an attempt, with its ending."""
    half = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    try:
        for name, source in files.items():
            target = half / below / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(luggage / source, target)
        if below:
            record(Attempt(half), Ending("stopped"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
