"""Links into a page's gallery: `#class=person&err=fn`; a link without `=` leads to a section.

| key              | shows                                                                     |
|------------------|---------------------------------------------------------------------------|
| `round`, `model` | the candidate, by round or name, whose boxes are shown; `beside`: a second  |
| `class`          | images with a box of this class, and of boxes only those                  |
| `err`            | `tp`, `fp` or `fn`: images and boxes with this outcome                    |
| `truth`, `pred`  | a cell of the confusion matrix; `background` for none                     |
| `score`          | predictions from this score on; left out: the candidate's threshold       |
| `low`, `high`    | predictions whose score is from `low` to below `high`                     |
| `slice`          | a slice that the spec declares                                            |
| `tag`, `attr`    | `key=value`: images with the tag, boxes with the attribute                |
| `size`           | `small`, `medium` or `large`, as COCO has it                              |
| `change`         | `fixed` or `broken` since the round before                                |
| `doubt`          | suspicious labels: `missing`, `wrong class`, `badly placed`, or `any`     |
| `set`            | `testing` (if left out) or `mined`                                        |
| `sort`           | `errors` (if left out), `score`, `file`                                   |
| `find`           | a part of the file's name or of its digest                                |
| `image`          | this image, large                                                         |
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ymir.report.shown.pages import ComparedSlice
from ymir.report.shown.quality import SliceRow

BACKGROUND = "background"


def gallery_link(**wanted: str | int | float) -> str:
    """A link to the gallery; `class_` stands for `class`, and empty values are left out."""
    pairs = {name.rstrip("_"): str(value) for name, value in wanted.items() if value != ""}
    return "#" + urlencode(pairs, quote_via=quote)


def part_link(part: SliceRow | ComparedSlice) -> str:
    """A link to a part of the testing set in the gallery."""
    match part.kind:
        case "size":
            return gallery_link(size=part.name)
        case "tag":
            return gallery_link(tag=f"{part.group}={part.name}")
        case "attribute":
            return gallery_link(attr=f"{part.group}={part.name}")
        case "declared":
            return gallery_link(slice=part.name)
