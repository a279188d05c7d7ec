"""All charts of a page, by the names that its template knows."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ymir.report.charts.bars import contenders_chart, cost_chart, slices_chart
from ymir.report.charts.confidence import confidence_chart, confidence_says
from ymir.report.charts.curves import curve_chart, curve_says, curves_chart
from ymir.report.charts.mining import mining_chart, mining_says
from ymir.report.charts.progress import progress_chart, progress_says
from ymir.report.charts.svg import svg
from ymir.report.shown.mining import Mining
from ymir.report.shown.pages import CompareReport, ProjectReport, Report, RoundReport
from ymir.report.words import figure

Charts = Mapping[str, Markup | tuple[Markup, ...]]


def drawn(report: Report) -> Charts:
    """Of a round `progress`, `curves`, `confidence`, `mining`, `slices` and `cost`.

    Of a comparison `contenders` and `curves`. A chart that would show nothing is left out; `curves`
    are in the order of the report's.
    """
    match report:
        case RoundReport():
            return {**_progress(report), **_round(report)}
        case ProjectReport():
            return _progress(report)
        case CompareReport():
            return _compared(report)


def _progress(report: RoundReport | ProjectReport) -> Charts:
    chart = progress_chart(report.progress)
    return {"progress": svg(chart, progress_says(report.progress))}


def _round(report: RoundReport) -> Charts:
    steps = [each for each in report.lineage.steps if each.seconds is not None]
    parts = [each for each in report.slices if each.ap50]
    says = f"AP50 of parts of the testing set; of all of it {figure(report.target.value.value)}"
    overall = report.target.value if report.target.name == "mAP" else None
    confidence = report.confidence
    return {
        "curves": tuple(svg(curve_chart(each), curve_says(each)) for each in report.curves),
        **(
            {"confidence": svg(confidence_chart(confidence), confidence_says(confidence))}
            if any(each.right or each.wrong for each in confidence.bins)
            else {}
        ),
        **_mining(report.mining),
        **({"slices": svg(slices_chart(parts, overall), says)} if parts else {}),
        **({"cost": svg(cost_chart(steps), "How long each stage took")} if steps else {}),
    }


def _mining(mining: Mining | None) -> Charts:
    if mining is None or not mining.rounds:
        return {}
    return {"mining": svg(mining_chart(mining), mining_says(mining))}


def _compared(report: CompareReport) -> Charts:
    names = [each.name for each in report.contenders]
    classes = list(zip(*report.curves, strict=True))
    said = "; ".join(f"{each.name} {figure(each.map.value)}" for each in report.contenders)
    return {
        "contenders": svg(contenders_chart(report.contenders), f"mAP with its noise: {said}"),
        "curves": tuple(
            svg(
                curves_chart(list(zip(names, of_class, strict=True))),
                f"Precision over recall of {of_class[0].label} under each contender",
            )
            for of_class in classes
        ),
    }
