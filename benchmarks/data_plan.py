"""`ymir plan` of fifty versions: imported from folders that are there, and derived from those.

Of the twenty-five sources, twenty are VOC folders, each with more files than a plan looks at one by
one, and five are folders of images that it does look at; at last all are such folders. The tables
are recorded as `apply` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from figures import Cost, Figure
from made import LABELS, table
from place import Place, begin, remove, repeated, say, settle

from ymir.cli.workspace import open_workspace
from ymir.data.table import counts
from ymir.dvc.project import prepare
from ymir.media.tables import write_table
from ymir.plan.plan import plan
from ymir.sources.source import planned_digest
from ymir.stages.tables import TABLE

VERSIONS, SOURCES, VOCS = 50, 25, 20
GROWTH = 1.3


def measure(place: Place) -> Iterator[Figure]:
    """The figures of planning."""
    count = place.size(1_000_000, 50_000)
    all_of_it = _cost(place, count, VOCS)
    tenth = _cost(place, count // 10, VOCS)
    small = _cost(place, count, 0)
    what = f"plan, {count:,} images in {VERSIONS} versions"
    yield Figure(what, all_of_it.wall, "s", "at most", 1)
    yield Figure(what, all_of_it.cpu, "CPU s")
    yield Figure(f"plan, {count // 10:,} images in {VERSIONS} versions", tenth.wall, "s")
    growth = all_of_it.cpu / tenth.cpu
    what = "plan: of the CPU with a tenth of the images"
    yield place.at_scale(Figure(what, growth, "times", "at most", GROWTH))
    what = f"plan, {count:,} images, each source just small enough to be looked at"
    yield Figure(what, small.wall, "s", "at most", 1)


def _cost(place: Place, count: int, vocs: int) -> Cost:
    say(f"making a workspace of {VERSIONS} versions, {count:,} images")
    root = place.memory / "plan"
    _make(root, count // VERSIONS, vocs)
    cost = repeated(root, "plan", times=5)
    remove(root)
    return cost


def _make(root: Path, count: int, vocs: int) -> None:
    """A workspace whose every version is recorded: `ymir plan` has nothing to say."""
    sources = root / "sources"
    sources.mkdir(parents=True)
    specs = [f"Labels\nclasses: [{', '.join(LABELS)}]"]
    for number in range(SOURCES):
        is_voc = number < vocs
        folder = _link_files(sources / f"{number}", count, [".jpg", ".xml"][: 1 + is_voc])
        origin = f"{{format: {'voc' if is_voc else 'images'}, path: {folder}}}"
        specs.append(f"Dataset\nname: set-{number}\nfrom: {origin}")
    for number in range(SOURCES, VERSIONS):
        derived = f"merge: [set-{number - SOURCES}]\nthen: [{{op: sample, share: 0.5}}]"
        specs.append(f"Dataset\nname: set-{number}\n{derived}")
    begin(root, *specs)
    prepare(root)
    settle()
    _record(root, count)


def _link_files(folder: Path, count: int, suffixes: list[str]) -> Path:
    """Files that planning only looks at: all of them one, under many names."""
    folder.mkdir()
    for suffix in suffixes:
        first = folder / f"0000000{suffix}"
        first.write_bytes(b"looked at, not read")
        for number in range(1, count):
            (folder / f"{number:07}{suffix}").hardlink_to(first)
    return folder


def _record(root: Path, count: int) -> None:
    """What the loop does, with tables that are at hand instead of those that stages make."""
    workspace = open_workspace(root)
    world = replace(workspace.look(), sources=_looked_at(root))
    made = root / ".ymir" / "made"
    while ready := plan(workspace.catalogue, workspace.store.observe(), world).ready:
        for step in ready:
            number = int(step.stage.name.removeprefix("set-"))
            images = table(count, seed=number, first=number * count)
            write_table(images, made / TABLE)
            workspace.store.record(step.stage, step.recipe, made, counts(images))
            remove(made)


def _looked_at(root: Path) -> dict[str, str]:
    """The digest of each source, remembered as an import remembers it."""
    specs = open_workspace(root).catalogue.datasets
    digests = {
        name: planned_digest(
            spec.from_, root, root / ".ymir" / "sources", is_recorded=True, depth="files"
        )
        for name, spec in specs.items()
        if spec.from_
    }
    return {name: digest for name, digest in digests.items() if digest}
