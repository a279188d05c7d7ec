"""`ymir compare A B [C…]`: models side by side on the same images."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.layout import plain
from ymir.cli.datasets.open import has_screen
from ymir.cli.images import LocalImages
from ymir.cli.predict import executor_named, program_of, stoppable
from ymir.cli.running.display import screen
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.cli.workspace import digest_of
from ymir.comparison.entrants import entrants
from ymir.comparison.finding import Search, Tell
from ymir.comparison.ground import chosen_ground, shared_ground, truth_of
from ymir.comparison.judging import comparison
from ymir.comparison.page import page_path, write_page
from ymir.comparison.records import Records
from ymir.contracts.backend import Backend
from ymir.contracts.store import stores
from ymir.errors import Exit
from ymir.jobs.program import Runner
from ymir.metrics.scores import Band
from ymir.plan.world import UNREAD
from ymir.report.collect.comparison import Comparison, collect_comparison, reports
from ymir.report.shown.pages import CompareReport, Difference
from ymir.report.words import UNKNOWN, figure, signed

_PICTURES = "small copies"


def command(  # noqa: PLR0913 - each is an option of the command
    models: Annotated[
        list[str],
        typer.Argument(
            help="Two or more: a round `helmet/r3`, a project (its newest round), a model `heads` "
            "or `heads@v2`, a package's file."
        ),
    ],
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--on", help="Judge all on this dataset, `site` or `site@v2`; may be given twice."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The page's file; by default one in `.ymir/compare/`.", dir_okay=False
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    executor: Annotated[
        str | None,
        typer.Option("--executor", help="Run models with this executor, not the one they name."),
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare models on the same images: which is better, by how much, and whether that is real.

    Rounds are read from their records. Models, packages, and rounds on another dataset are run
    once, and what they find is kept. Differences come with the 95 % interval of a paired bootstrap
    over the images: one that leaves out 0 is real.
    """
    records = read_records(workspace)
    with _telling(quiet=as_json) as tell:
        compared = _compared(records, models, on or (), Here(workspace, executor), tell)
        report = collect_comparison(compared)
        page = out or page_path(records.root, models, report.testing)
        write_page(compared, report, records.root, page, partial(_drawing, tell))
    if as_json:
        console.data({**reports.dump_python(report, mode="json"), "page": str(page)})
    else:
        console.out("\n".join((*lines(report), "", str(page))))
    if browser and not as_json and has_screen():
        webbrowser.open(page.resolve().as_uri())


@dataclass(frozen=True)
class Here:
    """The executors of a workspace; `executor` stands for all of them."""

    workspace: Path
    executor: str | None = None
    images: LocalImages = field(default_factory=LocalImages)

    def digest(self, name: str) -> str:
        """What stands for its program; an image is brought here first, if need be."""
        spec, _ = executor_named(self.executor or name, self.workspace)
        digest = digest_of(spec, self.workspace, self.images)
        if digest == UNREAD:
            self.program(name)
            digest = digest_of(spec, self.workspace, self.images)
        return digest

    def program(self, name: str) -> tuple[Runner, Backend]:
        """What makes its jobs, and what runs them."""
        found = program_of(self.executor or name, self.workspace)
        return found.runner, found.backend


def read_records(workspace: Path) -> Records:
    """The specs and the records of a workspace."""
    root = workspace.resolve()
    specs = catalogue(root)
    store = stores.load("dvc").connect(root)
    return Records(root, specs, store, store.observe())


def _compared(
    records: Records, models: Sequence[str], on: Sequence[str], executors: Here, tell: Tell
) -> Comparison:
    found = entrants(models, records)
    ground = chosen_ground(on, records) if on else shared_ground(found, records)
    told = partial(_looking, tell)
    search = Search(ground, truth_of(ground, records), records, executors, told)
    return comparison(found, search)


def _looking(tell: Tell, name: str, share: float) -> None:
    tell(f"{plain(name)} looks at the images", share)


def _drawing(tell: Tell, done: int, of: int) -> None:
    tell(_PICTURES, done / of)


@contextmanager
def _telling(*, quiet: bool) -> Iterator[Tell]:
    """Shows what is done, and how far it is; TERM ends a job as Ctrl-C does."""
    shown = screen(is_quiet=quiet)
    begun: set[str] = set()

    def tell(what: str, share: float) -> None:
        if what not in begun:
            begun.add(what)
            shown.begin(what)
        shown.advance(what, share)
        if share == 1:
            shown.end(what)

    shown.open()
    try:
        with stoppable():
            yield tell
    except KeyboardInterrupt:
        console.error("stopped; its job has ended, and what was found so far is kept")
        raise typer.Exit(Exit.PENDING) from None
    finally:
        shown.close()


def lines(report: CompareReport) -> Iterator[str]:
    """The comparison for people: who is best, the models, the classes."""
    yield plain(report.headline)
    yield plain(report.reason)
    yield ""
    yield from layout.table([_HEAD, *_models(report)], right=(1, 2, 3, 4))
    yield ""
    names = [plain(each.name) for each in report.contenders]
    beside = [f"{name} \N{MINUS SIGN} {names[0]}" for name in names[1:]]
    rows = [["class", "boxes", *names, *beside], *_classes(report)]
    yield from layout.table(rows, right=range(1, len(rows[0])))


_HEAD = ("model", "mAP", "mAP 50-95", "difference", "95 % interval", "")


def _models(report: CompareReport) -> Iterator[Sequence[str]]:
    gaps = {each.name: each for each in report.differences if each.label is None}
    for each in report.contenders:
        beside = _gap(gaps[each.name]) if each.name in gaps else ("", "", "")
        yield plain(each.name), _band(each.map), figure(each.map_50_95.value), *beside


def _gap(gap: Difference) -> tuple[str, str, str]:
    between = f"{signed(gap.change.low)} to {signed(gap.change.high)}"
    return signed(gap.change.value), between, "real" if gap.is_real else "could be chance"


def _classes(report: CompareReport) -> Iterator[list[str]]:
    gaps = {(each.name, each.label): each for each in report.differences}
    for row in report.classes:
        figures = [figure(each.value if each else None) for each in row.ap50]
        beside = [_short(gaps.get((each.name, row.label))) for each in report.contenders[1:]]
        yield [plain(row.label), f"{row.boxes:,}", *figures, *beside]


def _short(gap: Difference | None) -> str:
    """A real difference carries a star."""
    return f"{signed(gap.change.value)}{'*' if gap.is_real else ' '}" if gap else UNKNOWN


def _band(band: Band) -> str:
    return f"{figure(band.value)} ± {figure(band.half)}"
