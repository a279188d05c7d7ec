"""Much at a time: many projects in a workspace, a crowd of jobs, and a week of `ymir watch`.

Of each, what it takes and what it leaves; that this does not depend on how much was there before.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # for what tests share

from figures import Cost, Figure, cost_of, typical
from place import BIN, Place, say

from tests import workspaces
from tests.long.crowds import crowd
from tests.long.watched import week

_PROJECT = """\
---
apiVersion: ymir/v1
kind: Project
name: {name}
labels: [cat, dog]
data: {{training: base, validation: val, testing: test, mining: pool}}
goal: {{map: 0.01, rounds: 1}}
train: {{executor: blocks}}
mine: {{use: random, topk: 2, seed: 1}}
label: {{use: existing}}
gates: {{package: ignore}}
"""


def figures(place: Place) -> Iterator[Figure]:
    """All of it."""
    yield from _projects(place)
    yield from _jobs(place)
    yield from _watch(place)


def _projects(place: Place) -> Iterator[Figure]:
    """`ymir plan`, and `apply` with nothing to do, beside the same with a tenth of the projects."""
    few, many = place.size(5, 2), place.size(50, 8)
    small, large = _of_projects(place, few), _of_projects(place, many)
    for name in ("plan", "apply"):
        each = 1000 * (large[name].cpu - small[name].cpu) / (many - few)
        name_ = f"{many} projects: {name} with nothing to do"
        yield Figure(f"{name_}", large[name].cpu, "s CPU", "at most", 3)
        yield Figure(f"{name_}, of each beyond {few}", each, "ms CPU", "at most", 30)
        yield Figure(f"{name_}: memory", large[name].memory, "MB", "at most", 250)


def _of_projects(place: Place, count: int) -> dict[str, Cost]:
    say(f"{count} projects of a round each")
    made = workspaces.unproven(place.disk / f"projects-{count}")
    file = made.root / "specs" / "all.yaml"
    told = file.read_text().partition("---\napiVersion: ymir/v1\nkind: Project")[0]
    own = "".join(_PROJECT.format(name=f"p{number}") for number in range(count))
    file.write_text(told + own.removeprefix("---\n") if told.endswith("---\n") else told + own)
    _typed(made.root, "apply")
    words = ("plan", "apply")
    return {each: typical([_typed(made.root, each) for _ in range(3)]) for each in words}


def _typed(root: Path, command: str) -> Cost:
    """Its cost; a goal that is missed or met is no failure."""
    return cost_of(
        [str(BIN / "ymir"), command],
        cwd=root,
        env=workspaces.ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    )


def _jobs(place: Place) -> Iterator[Figure]:
    """A training in shards, of programs that sleep for some seconds."""
    count, workers = place.size(200, 40), 20
    say(f"{count} jobs, {workers} at once")
    found = crowd(place.memory / "crowd", count=count, workers=workers, seconds=4.0)
    name = f"{count} jobs, {workers} at once"
    yield Figure(f"{name}: ended well", found.programs, "jobs", "at least", count)
    yield Figure(f"{name}: programs, most", found.at_once, "programs", "at most", workers)
    more = found.handles - found.before["handles"]
    yield Figure(f"{name}: open files, more than before", more, "files", "at most", 8)
    left = found.after["processes"] + found.after["children"] - found.before["children"]
    yield Figure(f"{name}: processes left behind, zombies too", left, "processes", "at most", 0)
    kept = found.after["handles"] - found.before["handles"]
    yield Figure(f"{name}: open files left behind", kept, "files", "at most", 2)


def _watch(place: Place) -> Iterator[Figure]:
    """A wake-up in five minutes, by an edit, by the clock, or by a step that can be made."""
    looks = place.size(2000, 200)
    say(f"{looks} wake-ups of a watcher")
    found = week(place.memory / "week", looks, looks // 20)
    early, late = found.samples[3], found.samples[-1]
    for what, unit, most in (("memory", "MB", 4), ("handles", "files", 2), ("threads", "", 4)):
        more = late[what] - early[what]
        yield Figure(f"{looks} wake-ups of `watch`: {what}, more", more, unit, "at most", most)
