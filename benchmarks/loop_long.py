"""Rounds without end: what each leaves, and whether the last ones cost what the first ones did.

First 500 rounds of fakes in one project: the planner, the loop and the store of versions are ymir's
(`loop_rounds.py`). Then 50 rounds of `ymir apply` with a tiny executor, as a process that is looked
at from outside. `long.svg` shows them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # for what tests share

import loop_many
from figures import Figure
from loop_long_plot import plot
from place import BIN, Place, opened, program, say

from tests import workspaces
from tests.long.standing import children, standing, within

Sample = Mapping[str, float]  # how things stand after a round; what is counted is in all so far

_PLOT = Path(__file__).with_name("long.svg")
_CLOCK = os.sysconf("SC_CLK_TCK")
_PAUSE = 0.05  # seconds between two looks at a run
_START = 60  # images that the first round has
_WARM = 3  # rounds in which modules are read and caches are filled


def figures(*, is_quick: bool) -> list[Figure]:
    """Both runs; the curves are drawn of whole ones."""
    with opened(is_quick=is_quick) as place:
        fakes = list(_fakes(place))
        real = list(_real(place))
        many = list(loop_many.figures(place))
    if not is_quick:
        _PLOT.write_text(plot(fakes, real))
    return [*_of_fakes(fakes), *_of_real(real), *many]


def _fakes(place: Place) -> Iterator[Sample]:
    rounds, root = place.size(500, 40), place.memory / "fakes"
    root.mkdir()
    say(f"{rounds} rounds of fakes")
    command = program("loop_rounds", str(rounds), root)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield json.loads(line)


def _real(place: Place) -> Iterator[Sample]:
    """A project whose goal is out of reach, with an image labelled in each round.

    There are enough to start from, so that rounds become more, and data hardly.
    """
    rounds = place.size(50, 8)
    say(f"{rounds} rounds of `ymir apply`")
    made = workspaces.unproven(
        place.disk / "real",
        goal={"map": 1.0, "rounds": rounds},
        mine={"use": "random", "topk": 1, "seed": 1},
    )
    known = workspaces.COLOURS[:12]  # half of them: the goal is out of reach
    workspaces.draw(made.root / "raw" / "base", count=_START, colours=known, seed=8)
    workspaces.draw(made.root / "raw" / "pool", count=6 * rounds, colours=known, seed=9)
    command = [str(BIN / "ymir"), "apply"]
    with subprocess.Popen(
        command, cwd=made.root, env=workspaces.ENVIRONMENT, stdout=subprocess.DEVNULL
    ) as run:
        yield from _watched(run, made.root)
    if run.returncode != 4:  # finished without the goal
        raise subprocess.CalledProcessError(run.returncode, command)


def _watched(run: subprocess.Popen[bytes], root: Path) -> Iterator[Sample]:
    """How a run stands after each round; of its jobs and children, the most during the round."""
    seen, jobs, begun = 0, 0, 0
    records = root / "data" / "rounds" / "pets"
    while run.poll() is None:
        time.sleep(_PAUSE)
        try:
            jobs = max(jobs, len(within(root) - {run.pid}))
            begun = max(begun, sum(1 for _ in children(run.pid)))
            number = len(list(records.glob("*.dvc")))
            if number <= seen + 1:  # the one before is not whole
                continue
            seen = number - 1
            now = {**standing(run.pid), "cpu": _processor_time(run.pid)}
        except FileNotFoundError:
            return  # it has ended meanwhile
        yield {"round": seen, **now, **_left(root, seen), "processes": jobs, "children": begun}
        jobs = begun = 0


def _processor_time(process: int) -> float:
    """Seconds that it has used, and all children that it waited for."""
    used = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, used[11:15])) / _CLOCK


def _left(root: Path, number: int) -> Sample:
    """What rounds have left, in kB, and how many files."""
    return {
        "pointer": (root / "data" / "rounds" / "pets" / f"{number}.dvc").stat().st_size / 1000,
        "git": _size(root / ".git"),
        "objects": _size(root / ".dvc" / "cache"),
        ".ymir": _size(root / ".ymir"),
        "files": sum(len(names) for _, _, names in os.walk(root / ".ymir")),
    }


def _size(folder: Path) -> float:
    """The kB of a folder in which files come and go."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{parent}/{name}").st_size
            except FileNotFoundError:
                continue
    return total / 1000


def _of_fakes(found: Sequence[Sample]) -> Iterator[Figure]:
    rounds = f"{len(found)} rounds of fakes"
    yield Figure(f"{rounds}: memory, per round", _slope(found, "memory"), "MB", "at most", 0.1)
    yield Figure(f"{rounds}: open files, more", _more(found, "handles"), "files", "at most", 2)
    yield Figure(f"{rounds}: a plan, per round", _slope(found, "plan"), "ms CPU", "at most", 1)
    yield Figure(f"{rounds}: the record, per round", _slope(found, "pointer"), "kB", "at most", 0.1)
    most = max(each["job folders"] for each in found)
    yield Figure(f"{rounds}: folders of jobs, most", most, "folders", "at most", 420)
    yield Figure(f"{rounds}: files that a round leaves", _slope(found, "files"), "files")


def _of_real(found: Sequence[Sample]) -> Iterator[Figure]:
    rounds = f"{len(found)} real rounds"
    yield Figure(f"{rounds}: memory, per round", _slope(found, "memory"), "MB", "at most", 1)
    yield Figure(f"{rounds}: open files, more", _more(found, "handles"), "files", "at most", 4)
    yield Figure(f"{rounds}: threads, more", _more(found, "threads"), "threads", "at most", 4)
    for name, what in (("processes", "processes of jobs and git"), ("children", "children")):
        most = max(each[name] for each in found)
        yield Figure(f"{rounds}: {what} at once, most", most, "processes", "at most", 6)
    ratio = _ratio(found, "cpu")
    yield Figure(f"{rounds}: CPU, the last of the first", ratio, "times", "at most", 1.2)
    for name in ("git", "objects", ".ymir"):
        ratio = _ratio(found, name)
        yield Figure(f"{rounds}: {name}, the last of the first", ratio, "times", "at most", 2)
        yield Figure(f"{rounds}: {name}, of a round", _slope(found, name), "kB")


def _slope(found: Sequence[Sample], name: str) -> float:
    """How much more after each round, in the later half."""
    later = found[len(found) // 2 :]
    line = statistics.linear_regression(
        [each["round"] for each in later], [each[name] for each in later]
    )
    return line.slope


def _more(found: Sequence[Sample], name: str) -> float:
    """The median of the last third, less that of the first."""
    third = max(1, (len(found) - _WARM) // 3)
    first, last = found[_WARM : _WARM + third], found[-third:]
    return statistics.median(each[name] for each in last) - statistics.median(
        each[name] for each in first
    )


def _ratio(found: Sequence[Sample], name: str) -> float:
    """What one of the last rounds adds, of what one of the first adds."""
    third = max(2, (len(found) - _WARM) // 3)
    return _each(found[-third:], name) / _each(found[_WARM : _WARM + third], name)


def _each(found: Sequence[Sample], name: str) -> float:
    rounds = found[-1]["round"] - found[0]["round"]
    return (found[-1][name] - found[0][name]) / rounds
