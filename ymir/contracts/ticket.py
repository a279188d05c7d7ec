"""A job written down beside its folder, so that any later ymir can find, follow and stop it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ymir.contracts.backend import Job

FILE = "job.json"

_job = TypeAdapter(Job)


def write_ticket(job: Job) -> None:
    """Write `<folder>/job.json`, in one step."""
    job.folder.mkdir(parents=True, exist_ok=True)
    part = job.folder / f"{FILE}.part"
    part.write_bytes(_job.dump_json(job, indent=1))
    part.replace(job.folder / FILE)


def tickets(jobs: Path) -> Iterator[Job]:
    """Every job that was begun below the folder `jobs`, by the age of its ticket, oldest first.

    A job lies in a folder of its own, or in a folder within it where its stage has several.
    """
    found = [*jobs.glob(f"*/{FILE}"), *jobs.glob(f"*/*/{FILE}")]
    for file in sorted(found, key=lambda each: each.stat().st_mtime_ns):
        try:
            yield _job.validate_json(file.read_bytes())
        except (OSError, ValidationError):
            continue  # of another version of ymir, or torn by a power cut
