"""What every benchmark shares: figures beside what they must reach, and how they are told."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One measured number and what it must reach."""

    name: str
    value: float
    unit: str
    must: Literal["at most", "at least"] | None = None
    reach: float | None = None

    @property
    def is_reached(self) -> bool:
        """True where nothing is asked."""
        if self.reach is None:
            return True
        return self.value <= self.reach if self.must == "at most" else self.value >= self.reach

    def __str__(self) -> str:
        asked = f"{self.must} {self.reach:g} {self.unit}" if self.must else ""
        verdict = "" if not self.must else "  ok" if self.is_reached else "  FALLS SHORT"
        return f"{self.name:<52} {self.value:>10.3g} {self.unit:<6} {asked}{verdict}"


@dataclass(frozen=True)
class Cost:
    """What a child process and its own children used."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: float  # MB, the largest single process


def cost_of(command: Sequence[str], **options: object) -> Cost:
    """Run a command to its end; raises CalledProcessError where it fails."""
    since = time.perf_counter()
    child = subprocess.Popen(command, **options)  # type: ignore[call-overload]
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return _cost(time.perf_counter() - since, used)


def _cost(wall: float, used: resource.struct_rusage) -> Cost:
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def arguments(about: str) -> argparse.Namespace:
    """`--quick` and `--json FILE`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="smaller, in a minute and a half")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    return parser.parse_args()


def conclude(figures: Sequence[Figure], file: Path | None) -> None:
    """Print every figure; exit 1 where one falls short."""
    for figure in figures:
        print(figure)
    if file:
        rows = [{**asdict(each), "ok": each.is_reached} for each in figures]
        file.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(0 if all(each.is_reached for each in figures) else 1)
