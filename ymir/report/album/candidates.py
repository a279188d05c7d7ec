"""Which rounds a page shows side by side, and the album of a round's page."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ymir.report.album.building import MOST_BOXES, Extras, album_of
from ymir.report.collect.again import labelled
from ymir.report.collect.picked import picked
from ymir.report.collect.slices import slice_images
from ymir.report.names import page_of, round_name
from ymir.report.record import Judged, ProjectRecord, RoundRecord
from ymir.report.shown.album import Album
from ymir.report.shown.pages import RoundReport

MOST_ROUNDS = 12  # side by side: a page does not grow with all that were before it
MOST_IN_ALL = 300_000  # boxes of all candidates; this round and the one before are always shown


def round_album(project: ProjectRecord, report: RoundReport) -> Album:
    """What the gallery of a round's page shows."""
    line = project.line(report.number)
    now = line[-1]
    leaks = report.leakage.shown if report.leakage else ()
    extras = Extras(
        mined=picked(now),
        pool=now.guesses,
        labelled=labelled(now),
        again=now.table("again"),
        answers=now.table("answers"),
        training=now.some("training", [each.image for each in leaks]),
        leaks=leaks,
        slices=slice_images(project.spec, project.testing),
        changes=report.changes,
        doubts=report.doubts.shown,
        pages=tuple((each.number, page_of(each.number)) for each in line),
    )
    return album_of(project.testing, candidates(line), project.spec.labels, extras)


def candidates(rounds: tuple[RoundRecord, ...], most: int = MOST_IN_ALL) -> tuple[Judged, ...]:
    """The newest round, then the ones before it as far as the page can carry their boxes."""
    judged = (_judged(each) for each in _carried(rounds, most))
    return tuple(each for each in judged if each)


def _carried(rounds: tuple[RoundRecord, ...], most: int) -> Iterator[RoundRecord]:
    carried = 0
    for place, each in enumerate(reversed(rounds[-MOST_ROUNDS:])):
        carried += min(MOST_BOXES, _boxes(each))
        if place > 1 and carried > most:
            return
        yield each


def _boxes(each: RoundRecord) -> int:
    """How many boxes the model found, without reading them."""
    path = each.folder / "matches.parquet"
    if not path.is_file():
        return 0
    found = pl.scan_parquet(path).filter(pl.col("side") == "prediction")
    count: int = found.select(pl.len()).collect().item()
    return count


def _judged(each: RoundRecord) -> Judged | None:
    matches = each.table("matches")
    if matches is None:
        return None
    return Judged(round_name(each.number), each.number, each.testing, matches)
