"""Import of VOC images: the first time, again, and after a little has changed.

All of them read the same images and annotations, check and store them: `ymir apply` in a new
workspace, `mir import` in a new repository, and `dvc add`, which only stores. Each figure is of a
process with its children.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from figures import Cost, Figure, typical
from made import CLASSES, write_annotation, write_voc
from peers import Dvc, find_mir
from place import Place, begin, remove, repeated, say, settle, ymir

REPEATS = 3


def measure(place: Place) -> Iterator[Figure]:
    """The figures of importing."""
    count = place.size(100_000, 2_000)
    what = f"import of {count:,} VOC images"
    say(f"making {count:,} VOC images")
    source = voc(place, count)
    settle()
    ours, workspace = _first(place, source)
    yield Figure(f"{what}: ymir", count / ours.wall, "images/s")
    yield Figure(f"{what}: ymir", ours.wall, "s")
    yield Figure(f"{what}: ymir", ours.cpu, "CPU s")
    yield Figure(f"{what}: ymir, peak memory", ours.memory, "MB", "at most", 600)
    yield from _growth(place, count, ours)
    yield from _against_dvc(place, source, what, ours)
    nothing = repeated(workspace, "apply", "--no-commit")
    yield Figure(f"again, nothing changed ({count:,}): ymir", nothing.wall, "s")
    yield Figure(f"again, nothing changed ({count:,}): ymir", nothing.cpu, "CPU s")
    yield from _against_mir(place, source, ours, nothing)
    changed = _changed(workspace, source, count)  # last: `source` is another one now
    what = f"1 % changed ({count:,})"
    yield Figure(f"{what}: ymir", changed.wall, "s")
    yield Figure(f"{what}: ymir", changed.cpu, "CPU s")
    share = 100 * (changed.cpu - nothing.cpu) / ours.cpu
    what = f"{what}: CPU on top of nothing changed, of the first import's"
    yield place.at_scale(Figure(what, share, "%", "at most", 5))
    remove(workspace)


def voc(place: Place, count: int) -> Path:
    """The VOC images that several parts read; made unless they are there."""
    folder = place.memory / f"voc{count}"
    return folder if folder.exists() else write_voc(folder, range(count))


def _first(place: Place, source: Path) -> tuple[Cost, Path]:
    """Import a few times, each into a new workspace; the last one stays."""
    costs = []
    for number in range(REPEATS):
        say(f"ymir apply, {source.name}, {number + 1} of {REPEATS}")
        root = _workspace(place.memory / f"{source.name}-{number}", source)
        costs.append(ymir(root, "apply", "--no-commit"))
        if number + 1 < REPEATS:
            remove(root)
    return typical(costs), root


def _workspace(root: Path, source: Path) -> Path:
    return begin(
        root,
        f"Workspace\npaths: [{source}]",
        f"Labels\nclasses: [{', '.join(CLASSES)}]",
        f"Dataset\nname: big\nfrom: {{format: voc, path: {source}}}",
    )


def _growth(place: Place, count: int, ours: Cost) -> Iterator[Figure]:
    """What more images take in memory."""
    fewer = count // 4
    source = write_voc(place.memory / "fewer", range(fewer))
    settle()
    few, root = _first(place, source)
    yield Figure(f"import of {fewer:,} VOC images: ymir, peak memory", few.memory, "MB")
    growth = (ours.memory - few.memory) / (count - fewer) * 100_000
    yield place.at_scale(Figure("import: memory for 100,000 more images", growth, "MB"))
    remove(source)
    remove(root)


def _against_dvc(place: Place, source: Path, what: str, ours: Cost) -> Iterator[Figure]:
    say("dvc add of the same files")
    dvc = Dvc(place.memory / "dvc")
    dvc.init()
    shutil.copytree(source, dvc.folder / "images")
    added = dvc.run("add", "images")
    yield Figure(f"{what}: `dvc add` of the same files", added.wall, "s")
    yield Figure(f"{what}: `dvc add` of the same files", added.cpu, "CPU s")
    yield Figure(f"{what}: `dvc add`, peak memory", added.memory, "MB")
    yield place.at_scale(
        Figure(f"{what}: faster than `dvc add`", added.wall / ours.wall, "times", "at least", 1)
    )
    remove(dvc.folder)


def _against_mir(place: Place, source: Path, ours: Cost, nothing: Cost) -> Iterator[Figure]:
    mir = find_mir(place.memory / "mir")
    if mir is None:
        return
    count = len(list((source / "images").iterdir()))
    say(f"mir import of {count:,} images")
    mir.init()
    first = mir.imports(source, "a@a")
    what = f"import of {count:,} VOC images"
    yield Figure(f"{what}: mir", count / first.wall, "images/s")
    yield Figure(f"{what}: mir", first.cpu, "CPU s")
    yield Figure(f"{what}: mir, peak memory", first.memory, "MB")
    yield place.at_scale(
        Figure(f"{what}: images/s, of mir's", first.wall / ours.wall, "times", "at least", 8)
    )
    yield place.at_scale(
        Figure(f"{what}: less CPU than mir", first.cpu / ours.cpu, "times", "at least", 5)
    )
    say("mir import of the same again")
    again = mir.imports(source, "again@again")
    what = f"again, nothing changed ({count:,})"
    yield Figure(f"{what}: mir", again.wall, "s")
    yield Figure(f"{what}: mir", again.cpu, "CPU s")
    yield place.at_scale(
        Figure(f"{what}: faster than mir", again.wall / nothing.wall, "times", "at least", 50)
    )
    yield Figure(f"{what}: less CPU than mir", again.cpu / nothing.cpu, "times")


def _changed(workspace: Path, source: Path, count: int) -> Cost:
    """An import after one image in 200 was labelled anew, and as many were added."""
    some = count // 200
    costs = []
    for number in range(REPEATS):
        say(f"ymir apply, 1 % changed, {number + 1} of {REPEATS}")
        for image in range(number * some, (number + 1) * some):
            write_annotation(source, image, random.Random(-1 - image))
        new = count + number * some
        write_voc(source, range(new, new + some))
        settle()
        costs.append(ymir(workspace, "apply", "--no-commit"))
    return typical(costs)
