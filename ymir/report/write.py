"""Writes the pages of a project into a folder, and a round's figures for programs beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ymir.dvc.files import storing, write_whole
from ymir.report.album.candidates import round_album
from ymir.report.album.packing import pack
from ymir.report.album.thumbs import Places, with_pictures
from ymir.report.charts.drawn import drawn
from ymir.report.collect.pages import collect_project, collect_round
from ymir.report.files import document, junit, summary
from ymir.report.names import INDEX, page_of
from ymir.report.page import page
from ymir.report.record import ProjectRecord
from ymir.report.shown.pages import RoundReport


def write_reports(
    project: ProjectRecord, places: Places, rounds: Collection[int] | None = None
) -> tuple[Path, ...]:
    """Write `index.html` and `r<n>.html` of the named rounds, or of all; pages there stay.

    Of the newest of them, its figures are written, too: `report.json`, `summary.md`, `junit.xml`.
    """
    wanted = [each.number for each in project.rounds if rounds is None or each.number in rounds]
    overview = collect_project(project)
    written = [_written(places, INDEX, page(overview, charts=drawn(overview), album=None))]
    for number in wanted:
        report = collect_round(project, number)
        written.append(_written(places, page_of(number), _page(project, report, places)))
        if number == max(wanted):
            for name, text in for_programs(report).items():
                _written(places, name, text)
    return tuple(written)


def for_programs(report: RoundReport) -> Mapping[str, str]:
    """The files that tell programs of a round, by name."""
    return {
        document.FILE: document.report_json(report),
        summary.FILE: summary.summary_md(report),
        junit.FILE: junit.junit(report),
    }


def _page(project: ProjectRecord, report: RoundReport, places: Places) -> str:
    album, pictures = with_pictures(round_album(project, report), places)
    return page(report, charts=drawn(report), album=pack(album, pictures))


def _written(places: Places, name: str, text: str) -> Path:
    with storing("the pages of a report cannot be written"):
        write_whole(places.into / name, text)
    return places.into / name
