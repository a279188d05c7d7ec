"""The figures of a round, flat and rounded: what `dvc metrics diff` compares."""

from __future__ import annotations

from pydantic import JsonValue

from ymir.metrics.scores import Scores

_DIGITS = 4


def figures(scores: Scores, *, number: int, labels: int) -> dict[str, JsonValue]:
    """What `metrics.json` holds after round `number`, once `labels` images had been labelled.

    A class that the dataset has no box of is left out.
    """
    per_class: dict[str, JsonValue] = {
        each.label: round(each.ap50.value, _DIGITS) for each in scores.per_class if each.ap50
    }
    return {
        "round": number,
        "map": round(scores.map.value, _DIGITS),
        "map_50_95": round(scores.map_50_95.value, _DIGITS),
        "map_low": round(scores.map.low, _DIGITS),
        "map_high": round(scores.map.high, _DIGITS),
        "labels": labels,
        "per_class": per_class,
    }
