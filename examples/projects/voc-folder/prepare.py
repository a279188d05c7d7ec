"""Draws `raw/site`, a VOC folder such as people have; `ymir init --example voc-folder` runs it."""

import sys
from dataclasses import replace
from importlib import import_module
from itertools import groupby
from pathlib import Path

from ymir.resources import resource

SITE = Path("raw") / "site"
LISTS = {"trainval": (60, range(1, 13)), "test": (30, range(13, 17)), "rest": (10, range(1, 17))}


def main() -> None:
    """Write JPEGs and XML files of sixteen cameras, and the lists of VOC's devkit."""
    sys.path.insert(0, str(resource("examples") / "projects" / "helmet"))
    shots, write = import_module("scenes.shots"), import_module("scenes.write")
    clips = [
        list(clip) for _, clip in groupby(shots.shots_of("pool", 1), key=lambda shot: shot.seed)
    ]
    every, lists, begin = [], {}, 0
    for name, (count, cameras) in LISTS.items():
        chosen = clips[begin : begin + count]
        begin += count
        lists[name] = [
            replace(shot, name=f"cam{cameras[place % len(cameras)]:02}_{shot.name}")
            for place, clip in enumerate(chosen)
            for shot in clip
        ]
        every += lists[name]
    write.write_voc(SITE, every, 1)
    _write_lists({name: [Path(shot.name).stem for shot in of] for name, of in lists.items()})


def _write_lists(lists: dict[str, list[str]]) -> None:
    """Write `ImageSets`; the rest loses its labels, and others get another word for a class."""
    folder = SITE / "ImageSets" / "Main"
    folder.mkdir(parents=True, exist_ok=True)
    for name, stems in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in stems))
        sys.stdout.write(f"{name}: {len(stems)} images\n")
    for stem in lists["rest"]:
        (SITE / "Annotations" / f"{stem}.xml").unlink()
    for stem in lists["trainval"][::3]:
        file = SITE / "Annotations" / f"{stem}.xml"
        file.write_text(file.read_text().replace(">no_helmet_head<", ">head<"))


if __name__ == "__main__":
    main()
