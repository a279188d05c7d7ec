"""The GPUs of this machine, as NVIDIA's own tool lists them."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits")
_PATIENCE = 20.0  # seconds; a driver that hangs is no driver


@dataclass(frozen=True)
class Gpu:
    """One GPU; `memory` is in MiB."""

    index: int
    uuid: str
    name: str
    memory: int


def gpus() -> tuple[Gpu, ...]:
    """The GPUs that NVIDIA's driver sees; none where there is no driver."""
    try:
        said = subprocess.run(  # noqa: S603 - our own words
            _QUERY, capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return listed(said.stdout)


def listed(text: str) -> tuple[Gpu, ...]:
    """Read the lines `0, GPU-…, NVIDIA H200, 143771`; what is no such line is skipped. Pure."""
    rows = [[column.strip() for column in row] for row in csv.reader(text.splitlines())]
    return tuple(
        Gpu(int(row[0]), row[1], row[2], int(row[3]) if row[3].isdigit() else 0)
        for row in rows
        if len(row) == len(Gpu.__dataclass_fields__) and row[0].isdigit()
    )


def missing(wanted: int, found: Sequence[Gpu]) -> str | None:
    """Why a job that wants so many GPUs cannot have them; None where it can. Pure."""
    if wanted <= len(found):
        return None
    has = f"has {len(found)}" if found else "has none (`nvidia-smi` lists no GPU)"
    return f"{wanted} GPU{'s' if wanted > 1 else ''} asked for, and this machine {has}"
