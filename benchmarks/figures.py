"""What every benchmark shares: figures beside what they must reach, and how they are told."""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

_MEASURED = Path(__file__).with_name("measured.py")


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
        value = amount(self.value)
        return f"{self.name:<70} {value:>10} {self.unit:<8} {asked}{verdict}".rstrip()


def amount(value: float) -> str:
    """A number with as many digits as people read."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass(frozen=True)
class Cost:
    """What a child process and its own children used."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: float  # MB, the largest single process


def cost_of(command: Sequence[str], **options: object) -> Cost:
    """Run a command to its end; raises CalledProcessError where it fails."""
    reader, writer = os.pipe()
    measured = [sys.executable, "-I", "-S", str(_MEASURED), str(writer), *command]
    with os.fdopen(reader) as told:
        child = subprocess.Popen(  # type: ignore[call-overload]
            measured, pass_fds=[writer], process_group=0, **options
        )
        os.close(writer)
        try:
            report = told.read()
        except BaseException:  # Ctrl-C: what it writes to is about to be removed
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
    if child.wait():
        raise subprocess.CalledProcessError(child.returncode, command)
    return Cost(**json.loads(report))


def typical(costs: Sequence[Cost]) -> Cost:
    """The medians of a few runs."""
    return Cost(
        statistics.median(each.wall for each in costs),
        statistics.median(each.cpu for each in costs),
        statistics.median(each.memory for each in costs),
    )


def arguments(about: str, parts: Sequence[str] = ()) -> argparse.Namespace:
    """`--quick`, `--json FILE`, and `--only PART,…` of a benchmark that has parts."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller, in a minute and a half")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    if parts:
        parser.add_argument("--only", default=",".join(parts), metavar="PART,…", help="by name")
    asked = parser.parse_args()
    if parts:
        asked.only = asked.only.split(",")
        if unknown := set(asked.only) - set(parts):
            parser.error(f"no part is called `{unknown.pop()}`: there are {', '.join(parts)}")
    return asked


def conclude(figures: Sequence[Figure], file: Path | None) -> None:
    """Print every figure; exit 1 where one falls short."""
    for figure in figures:
        print(figure)
    end(figures, file)


def end(figures: Sequence[Figure], file: Path | None) -> None:
    """Write the figures to a file, if asked; exit 1 where one falls short."""
    if file:
        write(figures, file)
    sys.exit(0 if all(each.is_reached for each in figures) else 1)


def write(figures: Sequence[Figure], file: Path) -> None:
    """The figures as JSON, one object each."""
    rows = [{**asdict(each), "ok": each.is_reached} for each in figures]
    file.write_text(json.dumps(rows, indent=1) + "\n")
