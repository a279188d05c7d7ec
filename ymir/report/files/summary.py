"""`summary.md`: what a pull request needs to say of a round, within what a comment may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ymir.metrics.scores import Band
from ymir.report import words
from ymir.report.files.labels import labels
from ymir.report.files.markdown import block, code, sentence, table
from ymir.report.files.mining import mining
from ymir.report.links import gallery_link
from ymir.report.names import page_of
from ymir.report.shown.origin import SpecChange
from ymir.report.shown.pages import RoundReport
from ymir.report.shown.quality import ClassRow
from ymir.report.shown.summary import Light, Spent, State

FILE = "summary.md"
MOST = 60_000  # characters: GitHub refuses a comment of 65,536

_FOR_CLASSES = 38_000
_FOR_CHANGES = 8_000
_STATES: Mapping[State, str] = {"met": "✅", "open": "🔁", "missed": "❌"}
_LIGHTS: Mapping[Light, str] = {
    "green": "🟢 passed",
    "amber": "🟡 look",
    "red": "🔴 failed",
    "off": "⚪ not tried",
}


def summary_md(report: RoundReport) -> str:
    """Verdict, figures, gates, classes, what changed, and where to look."""
    first = (_verdict(report), _tiles(report), _gates(report), _classes(report))
    second = (*labels(report.batch), *mining(report.batch, report.mining))
    return "\n".join((*first, *second, *_rest(report)))


def _verdict(report: RoundReport) -> str:
    verdict = report.verdict
    mark = _STATES[verdict.state]
    command = f"\n{block(verdict.next.command)}" if verdict.next.command else ""
    return (
        f"## {mark} {code(report.project)}: {sentence(verdict.headline)}\n\n"
        f"{sentence(verdict.reason)}\n\n**Next:** {sentence(verdict.next.says)}\n{command}"
    )


def _tiles(report: RoundReport) -> str:
    target, spent = report.target, report.spent
    rows = [
        (target.name, _band(target.value), _gain(report)),
        *_weakest(report),
        ("labels", f"{spent.labels:,}", ", ".join([_of(spent.labels_budget), *_besides(spent)])),
        ("rounds", f"{spent.rounds:,}", _of(spent.rounds_budget)),
        ("GPU hours", _hours(spent.gpu_hours), _of(spent.gpu_hours_budget)),
        ("compute time", words.duration(spent.seconds), ""),
    ]
    return table(("", "now:", ""), rows)


def _besides(spent: Spent) -> Iterator[str]:
    """What labels cost, and what a model labelled alone."""
    if spent.cost is not None and spent.currency is not None:
        yield sentence(words.money(spent.cost, spent.currency))
    if spent.pseudo:
        yield f"and {words.plural(spent.pseudo, 'pseudo-label')} that nobody looked at"


def _weakest(report: RoundReport) -> Iterator[tuple[str, str, str]]:
    if weakest := report.weakest:
        floor = f"floor {weakest.floor:.3f}" if weakest.floor is not None else "no floor"
        yield "worst class", f"{weakest.ap50:.3f}", f"{code(weakest.label)}, {floor}"
    if worse := report.regressions:
        images = f"{worse.fixed:,} images fixed, {worse.broken:,} broken since {worse.before}"
        yield "regressions", f"{len(worse.classes):,}", images


def _gates(report: RoundReport) -> str:
    rows = ((each.name, _LIGHTS[each.light], sentence(each.says)) for each in report.gates)
    return "### Gates\n\n" + table(("gate", "", "why"), rows)


def _classes(report: RoundReport) -> str:
    """The classes nearest to their floors first; as many as there is room for."""
    heads = ("class", "AP 50:", "±:", "before:", "change:", "floor:", "testing:", "training:")
    rows = _within(map(_class, report.classes), _FOR_CLASSES)
    left = len(report.classes) - len(rows)
    more = f"\n… and {left:,} classes more, which are further from trouble.\n" if left else ""
    return "### Classes\n\n" + table(heads, rows) + more


def _within(rows: Iterable[tuple[str, ...]], room: int) -> list[tuple[str, ...]]:
    """The first rows of a table, as many as fit into so many characters."""
    kept = []
    for row in rows:
        room -= sum(map(len, row)) + 3 * len(row) + 2
        if room < 0:
            break
        kept.append(row)
    return kept


def _class(each: ClassRow) -> tuple[str, ...]:
    return (
        code(each.label),
        words.figure(each.ap50.value if each.ap50 else None),
        words.figure(each.ap50.half if each.ap50 else None),
        words.figure(each.before),
        words.signed(each.change),
        words.figure(each.floor),
        words.count(each.testing),
        words.count(each.training),
    )


def _rest(report: RoundReport) -> Iterator[str]:
    if changes := report.lineage.changes:
        rows = _within(map(_change, changes), _FOR_CHANGES)
        left = len(changes) - len(rows)
        more = f"\n… and {left:,} more.\n" if left else ""
        yield "### What changed in the specs\n\n" + table(("setting", "before", "now"), rows) + more
    page = page_of(report.number)
    wrong = f"{report.with_errors:,} of {report.images:,} images with errors"
    yield (
        f"[The whole report]({page}) · [{wrong}]({page}{gallery_link(sort='errors')})"
        f" · [figures](report.json)\n"
    )


def _change(each: SpecChange) -> tuple[str, ...]:
    return code(each.path), code(each.before or words.UNKNOWN), code(each.after or words.UNKNOWN)


def _band(band: Band) -> str:
    return f"{band.value:.3f} ± {band.half:.3f}"


def _gain(report: RoundReport) -> str:
    gain, goal = report.target.gain, report.target.goal
    said = [f"goal {goal:.3f}"] if goal is not None else []
    if gain:
        noise = " (within noise)" if gain.is_noise else ""
        said.append(f"{words.signed(gain.change)} since the round before{noise}")
    return ", ".join(said)


def _of(budget: float | None) -> str:
    return "no budget" if budget is None else f"of {budget:,}"


def _hours(hours: float | None) -> str:
    return words.UNKNOWN if hours is None else f"{hours:,.1f}"
