"""What was read leniently in an executor's results: never silently, never as an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

_LONGEST_EXAMPLE = 120

# Rule of the folder contract that was bent -> what happened, after the count of how often.
RULES: Mapping[str, str] = {
    # out/infer-result.json, both forms
    "annotation-without-area": "annotations without `area`, which YMIR 2 refuses",
    "annotation-without-bbox": "annotations without `bbox`: their box was drawn around the mask",
    "annotation-without-confidence": "annotations without `confidence`, taken for certain",
    "annotation-without-place": "annotations with neither a box nor a usable mask, left out",
    "answer-without-boxes": "answers that are a list and no mapping, read as boxes",
    "box-clipped": "boxes that stick out of their image, cut at its border",
    "box-outside-image": "boxes that lie wholly outside of their image, left out",
    "box-turned": "boxes with a `rotate_angle`, read as if it were 0",
    "box-without-area": "boxes without width or height, left out",
    "box-without-score": "boxes without a score, left out",
    "class-respelled": "class names in other letters than those that were given",
    "duplicate-box": "annotations that repeat a box, left out",
    "file-name-with-folder": "values of `file_name` with a folder, which YMIR 2 ignores",
    "fraction-in-box": "coordinates that are no whole numbers, which YMIR 2 refuses",
    "image-answered-twice": "images with several answers, the last of which counts",
    "image-unanswered": "images without an answer, read as without an object",
    "key-unknown": "keys in `box` that the contract does not have, ignored",
    "mask-unusable": "masks that cannot be read: only the box is kept",
    "number-as-text": "numbers written as text",
    "not-a-number": "boxes with a figure that is NaN or infinite, left out",
    "predictions-missing": "jobs that were to find objects too, and only ranked the images",
    "runs-not-encoded": "masks whose run lengths are a list, which YMIR 2 refuses",
    "score-above-1": "scores above 1: all were divided by the largest",
    "score-called-confidence": "scores called `confidence`",
    "score-called-score": "values called `score` that YMIR 2 looks for as `confidence`",
    "several-polygons": "masks of several polygons, which YMIR 2 refuses",
    "class-unknown": "objects of classes that were not asked for, left out",
    "image-unknown": "images that were not asked for, ignored",
    # out/result.tsv
    "blank-for-tab": "lines with blanks in place of a tab",
    "image-ranked-twice": "images ranked more than once: the first place counts",
    "image-unranked": "images without a rank, which cannot be picked",
    "score-not-a-number": "scores that are no numbers: the order of the file holds",
    "score-not-finite": "scores that are infinite or NaN, put at the ends, NaN last",
    "unsorted": "places where a higher score follows a lower one: sorted by ymir",
    # out/models/result.yaml
    "attachment-unusable": "attachments that are not there, left out",
    "best-stage-unknown": "results whose `best_stage_name` names no stage: the best was chosen",
    "figure-unusable": "figures that are no numbers from 0 to 1, ignored",
    "files-not-a-list": "lists of files that are a single name",
    "map-missing": "results in the old form without `map`, which YMIR 2 refuses",
    "stage-name-missing": "stages without `stage_name`, which YMIR 2 refuses",
    "stage-unusable": "stages with a file that is not there, left out",
    "timestamp-missing": "stages without `timestamp`, which YMIR 2 refuses",
    "timestamp-unusable": "values of `timestamp` that are no seconds since 1970, ignored",
}


@dataclass(frozen=True)
class Remark:
    """A rule of the contract that a result bends `count` times, `example` for one."""

    rule: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.count} {RULES[self.rule]}; for one: {self.example}"


class Notes:
    """What is noticed while a result is read."""

    def __init__(self) -> None:
        self._found: dict[str, Remark] = {}

    def add(self, rule: str, example: object, count: int = 1) -> None:
        """Note that a rule was bent; the first example is kept."""
        if count:
            before = self._found.get(rule)
            said = before.example if before else " ".join(str(example).split())[:_LONGEST_EXAMPLE]
            self._found[rule] = Remark(rule, count + (before.count if before else 0), said)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was noticed, in the order of the rules' names."""
        return tuple(self._found[rule] for rule in sorted(self._found))


def facts(remarks: Iterable[Remark]) -> dict[str, JsonValue]:
    """What a version's record says of how its result was read; nothing where all was as agreed."""
    said: list[JsonValue] = [str(each) for each in remarks]
    return {"remarks": said} if said else {}
