"""Writes the pages of a project into a folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ymir.report.collect import collect_project, collect_round
from ymir.report.names import INDEX, page_of
from ymir.report.record import Locate, ProjectRecord
from ymir.report.render import render


def write_reports(
    project: ProjectRecord,
    locate: Locate,
    into: Path,
    rounds: Collection[int] | None = None,
) -> tuple[Path, ...]:
    """Write `index.html` and `r<n>.html` of the named rounds, or of all; pages there stay."""
    into.mkdir(parents=True, exist_ok=True)
    wanted = [each.number for each in project.rounds if rounds is None or each.number in rounds]
    pages = {INDEX: render(collect_project(project))}
    for number in wanted:
        pages[page_of(number)] = render(collect_round(project, number, locate))
    for name, text in pages.items():
        (into / name).unlink(missing_ok=True)  # it may be a link into a cache
        (into / name).write_text(text, encoding="utf-8")
    return tuple(into / name for name in pages)
