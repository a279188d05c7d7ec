"""The rounds of projects: their figures as a frame, and one round's scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.cli.words import rounds_data
from ymir.errors import SpecError
from ymir.metrics.scores import ClassScores, Scores, round_metrics
from ymir.plan.history import judged_rounds
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf
from ymir.plugins import nearest

_ROUND: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "project": pl.String,
    "round": pl.Int64,
    "training_images": pl.Int64,
    "labels": pl.Int64,  # that people had made before it was trained
    "map": pl.Float64,
    "map_low": pl.Float64,
    "map_high": pl.Float64,
    "map_50_95": pl.Float64,
    "seconds": pl.Float64,
    "per_class": pl.List(pl.Struct({"label": pl.String, "ap50": pl.Float64})),
    "stages": pl.List(pl.String),
}
_CLASS = {
    "label": pl.String,
    "ap50": pl.Float64,
    "ap50_low": pl.Float64,
    "ap50_high": pl.Float64,
    "ap50_95": pl.Float64,
    "boxes": pl.Int64,
    "images": pl.Int64,
    "true_positives": pl.Int64,
    "false_positives": pl.Int64,
    "false_negatives": pl.Int64,
}
_BACKGROUND = "background"


@dataclass(frozen=True)
class Round:
    """A round that was judged; `scores` has all figures, by the role of the dataset."""

    name: str  # e.g. `helmet/r3`
    scores: Mapping[str, Scores]

    @property
    def map(self) -> float:
        """COCO AP at IoU 0.5 on the testing set: the figure that goals speak of."""
        return self.scores["testing"].map.value

    def per_class(self, role: str = "testing") -> pl.DataFrame:
        """A row for each class: its average precision with its noise band, and what was found."""
        rows = [_class_row(each) for each in self._of(role).per_class]
        return pl.DataFrame(rows, schema=_CLASS)

    def curve(self, label: str, role: str = "testing") -> pl.DataFrame:
        """Precision over recall at IoU 0.5, and the score that reaches it; empty without boxes."""
        classes = {each.label: each for each in self._of(role).per_class}
        if label not in classes:
            raise SpecError(f"no class is called `{label}`", hint=nearest(label, classes))
        curve = classes[label].curve
        precision, score = (curve.precision, curve.score) if curve else ((), ())
        last = max(1, len(precision) - 1)
        recall = [at / last for at in range(len(precision))]
        columns = {"recall": recall, "precision": precision, "score": score}
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))

    def confusion(self, role: str = "testing") -> pl.DataFrame:
        """A row for each class of the truth, a column for each that was found; and background."""
        scores = self._of(role)
        names = [*(each.label for each in scores.per_class), _BACKGROUND]
        counted = dict(zip(names, zip(*scores.confusion, strict=True), strict=True))
        return pl.DataFrame({"truth": names, **counted})

    def _of(self, role: str) -> Scores:
        if role not in self.scores:
            hint = nearest(role, self.scores)
            raise SpecError(f"{self.name} was not judged on a `{role}` set", hint=hint)
        return self.scores[role]


def round_in(folder: Path, name: str) -> Round:
    """The round whose files lie in this folder."""
    return Round(name, round_metrics.validate_json((folder / "metrics.json").read_bytes()))


def judged(name: str, observed: Snapshot) -> RoundOf:
    """The round that `helmet/r3`, or `helmet` for its newest one, means."""
    project, _, number = name.partition("/")
    own = [each for each in observed if each.startswith(f"{project}/")]
    known = {str(RoundOf(project, each)): each for each in sorted(judged_rounds(own))}
    if not known:
        projects = sorted({each.partition("/")[0] for each in observed if each.endswith("/judge")})
        hint = nearest(project, projects) if projects else "`apply()` makes rounds"
        raise SpecError(f"no round of a project `{project}` is judged", hint=hint)
    if number and name not in known:
        raise SpecError(f"there is no judged round `{name}`", hint=nearest(name, known))
    return RoundOf(project, known[name] if number else max(known.values()))


def rounds_frame(projects: Iterable[Unrolled], observed: Snapshot) -> pl.DataFrame:
    """A row for each recorded round of these projects, as `ymir status` has them."""
    return pl.DataFrame(list(_rows(projects, observed)), schema=dict(_ROUND))


def _rows(projects: Iterable[Unrolled], observed: Snapshot) -> Iterator[dict[str, object]]:
    for each in projects:
        for row in rounds_data(each, observed):
            per_class = row.get("per_class")
            values = per_class.items() if isinstance(per_class, dict) else ()
            listed = [{"label": label, "ap50": value} for label, value in values]
            yield {**row, "project": each.project.name, "per_class": listed}


def _class_row(each: ClassScores) -> dict[str, str | int | float | None]:
    band = each.ap50
    row = {name: getattr(each, name) for name in _CLASS if hasattr(each, name)}
    figures = (band.value, band.low, band.high) if band else (None, None, None)
    return {**row, **dict(zip(("ap50", "ap50_low", "ap50_high"), figures, strict=True))}
