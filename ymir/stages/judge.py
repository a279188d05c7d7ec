"""Score a round's predictions; the one judge of all rounds."""

from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.media.tables import write_table
from ymir.metrics.judge import judge
from ymir.metrics.scores import Scores, round_metrics
from ymir.plan.snapshot import Facts
from ymir.stages.kind import Work
from ymir.stages.predict import scored
from ymir.stages.tables import labels_of, of_round


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """`metrics.json` for both sets, and what became of each box of the testing set."""
    metrics: dict[str, Scores] = {}
    for name, truth in scored(work).items():
        found = of_round(work, work.stage.inputs[0], f"predictions/{name}.parquet")
        metrics[name], matched = judge(truth, found, labels=labels_of(work))
        if name == "testing":
            write_table(matched, into / "matches.parquet")
    (into / "metrics.json").write_bytes(round_metrics.dump_json(metrics, indent=1))
    return _facts(metrics["testing"])


def _facts(scores: Scores) -> dict[str, JsonValue]:
    bands = [(each.label, each.ap50) for each in scores.per_class if each.ap50]
    return {
        "map": scores.map.value,
        "map_low": scores.map.low,
        "map_high": scores.map.high,
        "map_50_95": scores.map_50_95.value,
        "map_50_95_low": scores.map_50_95.low,
        "per_class": {label: band.value for label, band in bands},
        "per_class_low": {label: band.low for label, band in bands},
        "per_class_high": {label: band.high for label, band in bands},
        "images": scores.images,
    }
