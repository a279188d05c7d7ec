"""Makes `mir/` as somebody's YMIR has left it; `ymir init --example migrate-mir` runs it once."""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import mir

from ymir.resources import resource

REPOSITORY, MEDIA = Path("mir") / "repository", Path("mir") / "media"
PNG = 2
LABELS = """\
labels:
- {id: 0, name: stop, aliases: [red]}
- {id: 1, name: warn, aliases: [amber, yellow]}
- {id: 2, name: go, aliases: []}
ymir_version: 2.0.0
"""


def main() -> None:
    """Write four datasets, one of them in two versions, and what a failed task leaves."""
    sys.path.insert(0, str(resource("examples") / "projects" / "cluster"))
    draw = import_module("pictures")
    versions = (
        ("lamps-train@t1", 20, draw.PLAIN, 0),
        ("lamps-train@t2", 40, draw.PLAIN, 0),
        ("lamps-val@t3", 40, draw.ALL, 1),
        ("lamps-test@t4", 100, draw.ALL, 2),
        ("lamps-pool@t5", 200, draw.ALL, 3),
    )
    for version, count, shares, seed in versions:
        with tempfile.TemporaryDirectory() as folder:
            drawn = Path(folder) / version.partition("@")[0]
            draw.write_set(drawn, count, shares, seed)
            files = {**files_of(drawn), "tasks.mir": mir.tasks(version)}
            mir.commit(REPOSITORY, version, files, f"importing {version}")
    empty = ("metadatas.mir", "annotations.mir", "context.mir", "keywords.mir")
    failed = {**dict.fromkeys(empty, b""), "tasks.mir": mir.tasks("night@t6", 1)}
    mir.commit(REPOSITORY, "night@t6", failed, "task failed")
    (REPOSITORY / ".mir").mkdir()
    (REPOSITORY / ".mir" / "labels.yaml").write_text(LABELS)


def files_of(drawn: Path) -> dict[str, bytes]:
    """What `mir import` makes of a folder: it keeps corners as VOC has them, counted from 1."""
    document = json.loads((drawn / "annotations.json").read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    images, truth = {}, {}
    for image in document["images"]:
        sha1 = mir.store(MEDIA, (drawn / "images" / image["file_name"]).read_bytes())
        images[sha1] = mir.asset(image["file_name"], PNG, (image["width"], image["height"]))
        found = [each for each in document["annotations"] if each["image_id"] == image["id"]]
        listed = []
        for each in found:
            x, y, width, height = each["bbox"]
            label = each["category_id"]
            listed.append(mir.box((x + 1, y + 1, width, height), label, names[label]))
        truth[sha1] = mir.boxes(*listed)
    return {
        "metadatas.mir": mir.metadatas(images),
        "annotations.mir": mir.annotations(truth),
        "context.mir": mir.context(len(images), len(document["annotations"])),
        "keywords.mir": b"",  # an index of the others, which nobody needs here
    }


if __name__ == "__main__":
    main()
