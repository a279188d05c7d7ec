"""`python -m tests.fuzz all --seconds 3600`: feeds every reader what no reader has seen.

Inputs are guided by coverage (atheris) over changed seeds; without atheris they come by chance.
What breaks the law is made small and kept in `--work`, with a summary of all runs: a run goes on
where the last one ended. Put what is to be replayed for ever into `tests/fuzz/corpus/<target>/`.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Self

_STRUCTURED = 0x80  # first byte of a buffer from which on the rest is choices, not an input
_EVERY = 2.0  # seconds
_LONGEST = 64 << 10  # bytes of a buffer
_COVERAGE = re.compile(r"\bcov: (\d+)")


class Tally:
    """What was done to one reader, in all runs, as a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.found: dict[str, str] = {}
        self.before: Mapping[str, float] = {}
        if file.exists():
            said = json.loads(file.read_text())
            self.before, self.found = said, dict(said["findings"])
        self._inputs, self._began, self._saved = 0, time.monotonic(), 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.save()

    def count(self) -> None:
        """One more input."""
        self._inputs += 1
        if time.monotonic() - self._saved > _EVERY:
            self.save()

    def save(self) -> None:
        """Write it down, whole."""
        self._saved = time.monotonic()
        said = {
            "inputs": int(self.before.get("inputs", 0)) + self._inputs,
            "seconds": round(self.before.get("seconds", 0) + self._saved - self._began, 1),
            "coverage": self.before.get("coverage", 0),
            "findings": self.found,
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(said, indent=1))
        part.replace(self._file)


def main() -> int:
    """Fuzz one reader, or all of them, each in a process of its own."""
    asked = _asked()
    asked.work.mkdir(parents=True, exist_ok=True)
    if asked.target != "all":
        return _one(asked.target, asked.seconds, asked.work)
    from tests.fuzz.readers import READERS

    for name in READERS:
        _in_a_process(name, asked.seconds / len(READERS), asked.work)
    return _summed(asked.work)


def _asked() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("target", help="a reader of `tests/fuzz/readers.py`, or `all`")
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--work", type=Path, default=Path(".fuzz"))
    return asked.parse_args()


def _in_a_process(name: str, seconds: float, work: Path) -> None:
    """A reader that dies (of a broken C library, say) is a finding, and no end of the others."""
    words = [sys.executable, "-W", "ignore", "-m", "tests.fuzz", name]
    with (work / f"{name}.log").open("wb") as log:
        words += ["--seconds", f"{seconds:.1f}", "--work", str(work)]
        code = subprocess.run(words, stdout=log, stderr=log, check=False).returncode
    with Tally(work / f"{name}.json") as tally:
        covered = _COVERAGE.findall((work / f"{name}.log").read_text(errors="replace"))
        tally.before = {**tally.before, "coverage": int(covered[-1]) if covered else 0}
        if code:
            tally.found[f"its process ended with {code}"] = f"{name}.log"


def _summed(work: Path) -> int:
    """Write `summary.json`; 1 if any law was broken."""
    files = sorted(each for each in work.glob("*.json") if each.name != "summary.json")
    told = {file.stem: json.loads(file.read_text()) for file in files}
    summary = {
        "readers": len(told),
        "inputs": sum(each["inputs"] for each in told.values()),
        "seconds": round(sum(each["seconds"] for each in told.values())),
        "findings": sum(len(each["findings"]) for each in told.values()),
        "by_reader": told,
    }
    (work / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    short = {key: value for key, value in summary.items() if key != "by_reader"}
    sys.stdout.write(json.dumps(short) + "\n")
    return 1 if summary["findings"] else 0


def _one(name: str, seconds: float, work: Path) -> int:
    is_guided = find_spec("atheris") is not None
    if is_guided:
        import atheris

        with atheris.instrument_imports(include=["ymir"], enable_loader_override=False):
            from tests.fuzz.readers import READERS
    else:
        from tests.fuzz.readers import READERS
    from tests.fuzz.shapes import inputs, sweep
    from tests.fuzz.shrink import shrunk
    from tests.fuzz.target import Bench

    bench, tally = Bench(READERS[name]), Tally(work / f"{name}.json")

    def look(data: bytes) -> None:
        tally.count()
        why = bench.why(data)
        if why is not None and why not in tally.found:
            tally.found[why] = _kept(work / "findings" / name, shrunk(bench, data, why))
            tally.save()

    if not tally.before:  # once is enough
        until = time.monotonic() + seconds
        for data in takewhile(lambda _: time.monotonic() < until, sweep(bench.target)):
            look(data)
    if is_guided:
        _guided(name, seconds, work, look, inputs(bench.target), bench.target.seeds)
    else:
        _by_chance(seconds, look, inputs(bench.target))
    tally.save()
    bench.close()
    return 0


def _kept(folder: Path, data: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.sha256(data).hexdigest()[:12]
    file.write_bytes(data)
    return str(file)


def _by_chance(seconds, look, shapes) -> None:
    from hypothesis import HealthCheck, Phase, given, settings

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        settings(
            max_examples=500,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )(given(shapes)(look))()


def _guided(name, seconds, work, look, shapes, seeds) -> None:
    import atheris
    from hypothesis import given, settings

    @settings(database=None, deadline=None)
    @given(shapes)
    def shaped(data: bytes) -> None:
        look(data)

    def one(buffer: bytes) -> None:
        if buffer and buffer[0] >= _STRUCTURED:
            shaped.hypothesis.fuzz_one_input(buffer[1:])
        else:
            look(buffer[1:])

    corpus = work / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(b"\0" + seed[: _LONGEST - 1])
    for number in range(16):
        (corpus / f"choices-{number}").write_bytes(b"\xff" + os.urandom(512))
    limits = [f"-max_total_time={max(1, int(seconds))}", f"-max_len={_LONGEST}", "-timeout=120"]
    limits += [
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
        "-len_control=0",
        f"-artifact_prefix={work}/{name}-",
    ]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
