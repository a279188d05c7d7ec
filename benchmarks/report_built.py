"""Make a round's page, and say how long each part took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report_made import NAME, SMALL, read_bench

from ymir.media.small import make_small
from ymir.report.album.candidates import round_album
from ymir.report.album.packing import pack
from ymir.report.album.thumbs import FORM, Places, with_pictures
from ymir.report.charts.drawn import drawn
from ymir.report.collect.pages import collect_round
from ymir.report.page import page


class Watch:
    """How many seconds each part took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """The time until this ends is that of `name`."""
        since = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - since


def build(bench: Path, cache: Path, into: Path) -> dict[str, float]:
    """The newest round's page and its pictures, as `ymir report` makes them; seconds by part."""
    made, watch = read_bench(bench), Watch()
    number = made.record.rounds[-1].number
    places = Places(made.locate, cache, into)
    with watch.part("collect"):
        report = collect_round(made.record, number)
    with watch.part("album"):
        album = round_album(made.record, report)
    with watch.part("pictures"):
        pictured = with_pictures(album, places)
    with watch.part("pack"):
        packed = pack(*pictured)
    with watch.part("charts"):
        charts = drawn(report)
    with watch.part("render"):
        text = page(report, charts=charts, album=packed)
        into.mkdir(parents=True, exist_ok=True)
        (into / NAME).write_text(text, encoding="utf-8")
    return watch.seconds


def small(bench: Path, cache: Path) -> dict[str, float]:
    """Some of the same pictures, and nothing else."""
    made, watch = read_bench(bench), Watch()
    media = made.locate(made.record.testing["image"].head(SMALL).to_list())
    with watch.part("pictures"):
        make_small(media, cache, FORM)
    return watch.seconds


def told(times: Path, work: str, *paths: Path) -> None:
    """Do the work that is named so, and write its times."""
    seconds = {"build": build, "small": small}[work](*paths)
    times.write_text(json.dumps(seconds))
