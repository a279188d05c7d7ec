"""Makes the repository in `repository.tar.gz` with YMIR's own `mir` (`ymir-cmd` 2.3.0, Python 3.8).

`python -m tests.migration.with_mir MIR FOLDER` makes it anew in an empty folder, with what
`mir show` says of each dataset in `shown.json`. Tasks that fail record where `mir` is installed:
call one in a folder that can be anybody's, such as `/opt/mir`.
"""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle

from tests.media.pictures import picture, put, thing, voc

SIZE = (64, 48)
LABELS = """\
labels:
- {id: 0, name: person, aliases: [human, Pedestrian]}
- {id: 1, name: car, aliases: []}
- {id: 2, name: traffic light, aliases: [signal]}
- {id: 3, name: unused, aliases: []}
ymir_version: 2.0.0
"""
WHO = {
    f"GIT_{who}_{what}": "test@example.com"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
DATES = {"GIT_AUTHOR_DATE": "2023-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2023-01-01T00:00:00Z"}


class Mir:
    """The command, and the folder it works in."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder, self.tasks = program, folder, 0
        self.root, self.media = folder / "repository", folder / "media"

    def run(self, *words: object, fails: bool = False) -> str:
        """Run one command in a fresh work folder."""
        self.tasks += 1
        command = [str(self.program), *map(str, words), "--root", str(self.root)]
        environment = {**os.environ, **WHO, **DATES}
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    def task(self, name: str, dataset: str, *words: object, fails: bool = False) -> None:
        """A command that makes a version of a dataset."""
        work = f"work/{self.tasks}"
        self.run(name, *words, "--dst-rev", f"{dataset}@t{self.tasks}", "-w", work, fails=fails)

    def load(self, dataset: str, folder: str, *words: object, fails: bool = False) -> None:
        """Import a folder of VOC or COCO annotations; its path, which is recorded, is relative."""
        index = f"{folder}.txt"
        images = sorted((self.folder / folder / "images").iterdir())
        (self.folder / index).write_text("".join(f"{path}\n" for path in images))
        given = ("--index-file", index, "--gen-dir", "media", "--src-revs", "master")
        self.task("import", dataset, *given, *words, fails=fails)


def make(program: Path, folder: Path) -> Mir:
    """A repository with most of what `mir` can hold."""
    mir = Mir(program, folder)
    mir.run("init")
    (mir.root / ".mir" / "labels.yaml").write_text(LABELS)
    _street(folder / "street"), _yard(folder / "yard")
    _shapes(folder / "shapes"), _bare(folder / "bare")
    boxes = ("--anno-type", "det-box")
    mir.load("street", "street", *boxes, "--gt-dir", "street/gt")
    mir.load("Yard_1", "yard", *boxes, "--gt-dir", "yard/gt", "--pred-dir", "yard/pred")
    mir.load("shapes", "shapes", "--anno-type", "seg", "--ins-seg", "--gt-dir", "shapes/gt")
    mir.load("bare", "bare", "--anno-type", "no-annotations")
    put(folder / "bare" / "gt" / "9.xml", voc(thing("unicorn")))
    mir.load("refused", "bare", *boxes, "--gt-dir", "bare/gt", fails=True)
    mir.task("merge", "both", "--src-revs", "tr:street;va:Yard_1", "-s", "host")
    mir.task("filter", "cars", "--src-revs", "both", "-p", "car")
    mir.task("merge", "street", "--src-revs", "street;bare", "-s", "host")
    again = ("--gt-dir", "bare/gt", *boxes)
    mir.load("street", "bare", *again, fails=True)
    _model(folder / "model.tar.gz")
    mir.task("models", "model", "--package-path", "model.tar.gz", "--model-location", "models")
    return mir


def _street(folder: Path) -> None:
    """VOC, counted from 1: aliases, tags, qualities, a tilted box, a box as large as its image."""
    tags = "<tags><colour>red</colour><parked>yes</parked></tags>"
    cks = "<cks><weather>rain</weather><camera>north</camera></cks>"
    quality = "<box_quality>0.75</box_quality>"
    for number in range(5):
        objects = [thing("Human", (1, 1, 64, 48)), thing("car", (11, 11, 20 + number, 30), tags)]
        if number == 1:
            objects.append(thing("signal", (5, 6, 9, 14), quality))
        if number == 2:
            tilted = thing("car", (30, 20, 50, 40))
            objects.append(tilted.replace("</bndbox>", "<rotate_angle>0.5</rotate_angle></bndbox>"))
        text = voc(*objects)
        if number < 3:
            text = text.replace(
                "</annotation>", f"{cks}<image_quality>0.9</image_quality></annotation>"
            )
        name = "straße 0" if number == 0 else str(number)
        put(folder / "images" / f"{name}.jpg", picture(number))
        put(folder / "gt" / f"{name}.xml", text)
    put(folder / "images" / "empty.png", picture(77, kind="png"))


def _yard(folder: Path) -> None:
    """Truth and predictions, one image of which `street` has, too; and one in a format of old."""
    for number in range(3, 7):
        put(folder / "images" / f"{number}.jpg", picture(number))
        put(folder / "gt" / f"{number}.xml", voc(thing("car", (21, 11, 40, 30))))
        found = [
            thing("car", (22, 12, 41, 31), f"<confidence>0.{number}5</confidence>"),
            thing("person", (2, 2, 11, 22), "<confidence>0.25</confidence>"),
        ]
        if number < 6:
            put(folder / "pred" / f"{number}.xml", voc(*found))
    Image.new("RGB", SIZE, (9, 9, 9)).save(folder / "images" / "old.bmp")
    put(folder / "gt" / "old.xml", voc(thing("person")))


def _shapes(folder: Path) -> None:
    """COCO: a polygon, a mask, a crowd."""
    for number in range(20, 22):
        put(folder / "images" / f"{number}.jpg", picture(number))
    drawn = np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8, order="F")
    drawn[10:20, 30:50] = 1
    packed = {"size": [48, 64], "counts": rle.encode(drawn)["counts"].decode()}
    polygon = [[2, 2, 22, 2, 22, 12, 2, 12]]
    objects = [
        {"image_id": 1, "category_id": 7, "bbox": [2, 2, 20, 10], "area": 200, "iscrowd": 0,
         "segmentation": polygon},
        {"image_id": 1, "category_id": 7, "bbox": [30, 10, 20, 10], "area": 200, "iscrowd": 1,
         "segmentation": packed},
        {"image_id": 2, "category_id": 8, "bbox": [0, 0, 20, 10], "area": 200, "iscrowd": 0,
         "segmentation": [[0, 0, 20, 0, 20, 10]]},
    ]  # fmt: skip
    document = {
        "images": [
            {"id": each, "file_name": f"{19 + each}.jpg", "width": 64, "height": 48}
            for each in (1, 2)
        ],
        "categories": [{"id": 7, "name": "person"}, {"id": 8, "name": "car"}],
        "annotations": [{"id": number, **each} for number, each in enumerate(objects)],
    }
    put(folder / "gt" / "coco-annotations.json", json.dumps(document))


def _bare(folder: Path) -> None:
    for number in (8, 9):
        put(folder / "images" / f"{number}.jpg", picture(number))


def _model(path: Path) -> None:
    """The smallest package that `mir` takes."""
    stage = {"stage_name": "best", "files": ["best.pt"], "timestamp": 1, "mAP": 0.5}
    described = {
        "executor_config": {"class_names": ["car"]},
        "task_context": {},
        "stages": {"best": stage},
        "best_stage_name": "best",
        "package_version": "2.0.0",
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (("ymir-info.yaml", json.dumps(described)), ("best/best.pt", "w")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))


def shown(mir: Mir) -> dict[str, dict[str, int]]:
    """What `mir show` says of each dataset: images, and images with truth and predictions."""
    numbers = re.compile(r"metadatas.mir: (\d+) assets.*?pred: (\d+).*?gt: (\d+)", re.DOTALL)
    branches = ("street@t8", "Yard_1", "shapes", "bare", "both", "cars")  # t9 has failed
    found = {name: numbers.search(mir.run("show", "--src-revs", name)) for name in branches}
    keys = ("images", "predicted", "labelled")
    return {
        name.partition("@")[0]: dict(zip(keys, map(int, each.groups()), strict=True))
        for name, each in found.items()
    }


def pack(mir: Mir, archive: Path) -> None:
    """The repository and its images, without hooks, logs or anything of this machine."""
    subprocess.run(["git", "gc", "--quiet", "--prune=now"], cwd=mir.root, check=True)
    left_out = re.compile(r"/(hooks|logs|info|index|description|\.mir_lock|COMMIT_EDITMSG)(/|$)")

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return None if left_out.search(member.name) else member

    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        tar.add(mir.root, "repository", filter=kept)
        tar.add(mir.media, "media", filter=kept)


if __name__ == "__main__":
    made = make(Path(sys.argv[1]), Path(sys.argv[2]))
    (made.folder / "shown.json").write_text(json.dumps(shown(made), indent=1) + "\n")
    pack(made, made.folder / "repository.tar.gz")
