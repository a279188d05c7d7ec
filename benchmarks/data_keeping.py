"""A million images stored: their import, and what status, push and pull cost beside them.

The remote is a folder on the same disk. Plain DVC does the same to a tenth of the files, as one
folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

from figures import Cost, Figure, cost_of, typical
from made import PER_FOLDER, write_pictures
from peers import Dvc
from place import BIN, Place, begin, git, plain, repeated, say, settle, ymir

MORE = 1_000  # images that come later
SUBSETS = {"few": 1_000, "many": 10_000}
BYTES, INODES = 16_000, 4  # of disk for each image, in all that is made of it
SHARE = 1  # % of what the whole costs
REPEATS = 3


def measure(place: Place) -> Iterator[Figure]:
    """The figures of keeping."""
    count = _fitting(place, place.size(1_000_000, 10_000))
    say(f"making {count:,} images on a disk")
    source = write_pictures(place.disk / "images", range(count))
    root = _workspace(place.disk, source)
    settle()
    say(f"ymir apply, {count:,} images")
    yield from _imported(count, ymir(root, "apply"))
    what = f"{count:,} images stored"
    whole = yield from _pushed(root, count)
    for name, cost in (("`dvc status`", _status(root)), ("push of nothing", _nothing(root))):
        yield Figure(f"{what}: {name}", cost.wall, "s", "at most", 1)
        yield Figure(f"{what}: {name}", cost.cpu, "CPU s")
    yield from _grown(place, root, count, whole)
    yield from _fetched(place, root, count)
    yield from _plainly(place, source, place.size(100_000, 2_000))


def _workspace(disk: Path, source: Path) -> Path:
    root = disk / "workspace"
    root.mkdir()
    ymir(root, "init")
    begin(
        root,
        f"Workspace\npaths: [{source}]\nremote: {disk / 'remote'}",
        f"Dataset\nname: pool\nfrom: {{format: images, path: {source}}}",
    )
    _commit(root)
    return root


def _commit(root: Path) -> None:
    git(root, "add", "specs")
    git(root, "commit", "--quiet", "--all", "--message", "Specs")


def _imported(count: int, cost: Cost) -> Iterator[Figure]:
    what = f"import of {count:,} images without labels"
    yield Figure(f"{what}: ymir", count / cost.wall, "images/s")
    yield Figure(f"{what}: ymir", cost.cpu, "CPU s")
    yield Figure(f"{what}: ymir, peak memory", cost.memory, "MB")


def _pushed(root: Path, count: int) -> Generator[Figure, None, Cost]:
    """Push all of it, for once; returns what that cost."""
    say(f"ymir push, {count:,} images")
    cost = ymir(root, "push")
    yield from _both(f"push of {count:,} images", cost)
    return cost


def _status(root: Path) -> Cost:
    command = [str(BIN / "dvc"), "status"]
    apart = {**plain(), "DVC_SITE_CACHE_DIR": str(root.with_name("site"))}
    options = {"cwd": root, "env": apart, "stdout": subprocess.DEVNULL}
    return typical([cost_of(command, **options) for _ in range(REPEATS)])


def _nothing(root: Path) -> Cost:
    return repeated(root, "push", times=REPEATS)


def _grown(place: Place, root: Path, count: int, whole: Cost) -> Iterator[Figure]:
    """Some more images are imported, and pushed."""
    say(f"ymir apply and push, {MORE:,} images more")
    write_pictures(place.disk / "images", range(count, count + MORE))
    settle()
    added, cost = ymir(root, "apply"), ymir(root, "push")
    what = f"{MORE:,} more, {count:,} images stored"
    yield from _both(f"import of {what}", added)
    yield from _both(f"push of {what}", cost)
    share = 100 * cost.cpu / whole.cpu
    yield place.at_scale(Figure(f"push of {what}: of all", share, "% CPU", "at most", SHARE))


def _fetched(place: Place, root: Path, count: int) -> Iterator[Figure]:
    """Subsets are pulled, each into a fresh clone."""
    specs = [
        f"Dataset\nname: {name}\nmerge: [pool]\nthen: [{{op: sample, count: {size}}}]"
        for name, size in SUBSETS.items()
    ]
    begin(root, *specs, name="subsets")
    _commit(root)
    ymir(root, "apply")
    ymir(root, "push")
    costs = {}
    for name, size in SUBSETS.items():
        say(f"ymir pull of {size:,} images into a fresh clone")
        clone = place.disk / f"clone-{name}"
        git(place.disk, "clone", "--quiet", str(root), str(clone))
        costs[name] = cost = ymir(clone, "pull", name)
        what = f"pull of {size:,} images into a fresh clone, {count:,} stored"
        yield from _both(what, cost)
    share = 100 * costs["few"].cpu / (costs["many"].cpu * count / SUBSETS["many"])
    what = f"pull of {SUBSETS['few']:,} images into a fresh clone: of all"
    yield place.at_scale(Figure(what, share, "% CPU", "at most", SHARE))


def _plainly(place: Place, source: Path, count: int) -> Iterator[Figure]:
    """What plain DVC takes for fewer of the same files, in one folder."""
    dvc = Dvc(place.disk / "dvc")
    dvc.init()
    parts = sorted(source.iterdir())[: count // PER_FOLDER]
    for part in parts:
        shutil.copytree(part, dvc.folder / "images" / part.name)
    words = {
        "add": ("add", "images"),
        "status": ("status",),
        "push": ("push",),
        "push of nothing": ("push",),
    }
    for what, command in words.items():
        say(f"dvc {what}, {count:,} images")
        yield from _both(f"plain dvc {what}, {count:,} images", dvc.run(*command))
    say("dvc pull of one folder")
    other = Dvc(place.disk / "dvc-clone")
    other.init(remote=dvc.remote)
    shutil.copy(dvc.folder / "images.dvc", other.folder)
    cost = other.run("pull", f"images/{parts[0].name}")
    yield from _both(f"plain dvc pull of {PER_FOLDER:,} of {count:,} images", cost)


def _both(what: str, cost: Cost) -> Iterator[Figure]:
    yield Figure(what, cost.wall, "s")
    yield Figure(what, cost.cpu, "CPU s")


def _fitting(place: Place, count: int) -> int:
    """As many images as the disk has room for."""
    free = os.statvfs(place.disk)
    fits = min(free.f_bavail * free.f_frsize // BYTES, (free.f_favail or count * INODES) // INODES)
    if fits < count:
        say(f"the disk has room for {fits:,} images only, not for {count:,}")
    return min(count, int(fits))
