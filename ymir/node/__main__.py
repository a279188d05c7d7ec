"""Fetch the images of a job to this node; the exit status says whether another try may help."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from ymir.dvc.reach import reader
from ymir.errors import DataError, StoreError
from ymir.jobs.away import FILE, Note
from ymir.node.shelf import Shelf

DONE, REFUSED, WRONG_USE, TRY_AGAIN = 0, 1, 2, 75  # the last one is `EX_TEMPFAIL`

_note = TypeAdapter(Note)


def main(words: Sequence[str]) -> int:
    """Do what is asked; say in the last line why it cannot be done."""
    match words:
        case ["fetch", job]:
            return _tried(fetch, Path(job))
        case ["release", job]:
            return _tried(release, Path(job))
        case _:
            return _say("give `fetch JOB` or `release JOB`", WRONG_USE)


def fetch(job: Path) -> None:
    """Lay out the images that `in/remote.json` lists; what other jobs brought is not fetched."""
    said = _read(job)
    shelf = Shelf(Path(said.home))
    with shelf.held():
        shelf.sweep()
        shelf.fetch(list(said.images.values()), reader(Path(said.workspace)))
        shelf.lay_out(Path(said.assets), said.images, job)
        shelf.shrink(said.limit)


def release(job: Path) -> None:
    """Take the links of the job away; its images stay for others, as long as there is room."""
    said = _read(job)
    shelf = Shelf(Path(said.home))
    with shelf.held():
        shelf.release(Path(said.assets))


def _tried(do: Callable[[Path], None], job: Path) -> int:
    try:
        do(job.absolute())
    except DataError as error:
        return _say(_words(error), REFUSED)
    except StoreError as error:
        return _say(_words(error), TRY_AGAIN)
    except OSError as error:
        return _say(f"the images of the job cannot be laid out: {error}", TRY_AGAIN)
    return DONE


def _read(job: Path) -> Note:
    try:
        return _note.validate_json((job / "in" / FILE).read_bytes())
    except ValueError as error:
        raise DataError(f"`{job / 'in' / FILE}` cannot be read: {error}") from error


def _words(error: DataError | StoreError) -> str:
    return f"{error} ({error.hint})" if error.hint else str(error)


def _say(line: str, code: int) -> int:
    sys.stderr.write(f"ymir: {' '.join(line.split())}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
