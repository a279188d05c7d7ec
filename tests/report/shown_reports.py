"""Reports filled in by hand: a fourth round of five, a first round, many classes, hostile names."""

from dataclasses import replace

from tests.report.shown_parts import (
    SIX,
    band,
    batch,
    changes,
    class_rows,
    confusion,
    curve,
    digest,
    doubts,
    gates,
    leakage,
    lineage,
    mining,
    progress,
    slices,
)
from ymir.metrics.scores import Band
from ymir.report.shown.origin import Fact
from ymir.report.shown.pages import (
    ComparedClass,
    ComparedSlice,
    CompareReport,
    Contender,
    Difference,
    ProjectReport,
    RoundReport,
)
from ymir.report.shown.quality import (
    Bin,
    Confidence,
    Doubts,
    Threshold,
)
from ymir.report.shown.summary import (
    Gain,
    Next,
    Progress,
    Regressions,
    Spent,
    Target,
    Verdict,
    Weakest,
)

HOSTILE = (
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "שלום \u202e عالم",
    "👷‍♀️ü" * 16,
    "{{ 7 * 7 }}{% raw %}",
    "a name that does not end " * 12,
)


def round_four(labels: tuple[str, ...] = SIX) -> RoundReport:
    """A round that is on its way."""
    rows = class_rows(labels)
    return RoundReport(
        project="helmet",
        description="Protective gear on building sites, from four fixed cameras",
        number=4,
        previous="r3.html",
        verdict=Verdict(
            "open",
            "Round 4 — goal not met: mAP 0.571 ± 0.012, goal 0.600",
            "one round and 40 of 160 labels are left; `person` is 0.088 below its floor",
            Next("7 of 40 images wait for labels in Label Studio; then", "ymir apply helmet"),
        ),
        target=Target("mAP", band(0.571, 0.012), 0.6, Gain(band(0.549, 0.013), 0.022, False)),
        weakest=Weakest(labels[0], 0.412, 0.5, -0.088),
        regressions=Regressions("round 3", (labels[3],), 37, 11),
        spent=Spent(
            120, 160, 4, 5, 1460, 5204, 9480.0, 2.4, 6.0, pseudo=30, cost=10.4, currency="EUR"
        ),
        gates=gates(),
        progress=progress(),
        classes=rows,
        curves=tuple(curve(row.label, row.ap50.value) for row in rows[:8] if row.ap50),
        curves_left_out=max(0, len(rows) - 8),
        confusion=confusion(labels[:14], max(0, len(labels) - 14)),
        confidence=Confidence(
            tuple(Bin(k / 20, (k + 1) / 20, 6 + 3 * k, max(1, 60 - 4 * k)) for k in range(20)),
            Threshold(None, 0.412, 0.681, 0.713, 0.652),
            tuple(
                Threshold(label, 0.35 + 0.004 * k, 0.66, 0.7, 0.63)
                for k, label in enumerate(labels)
            ),
        ),
        slices=slices(),
        images=400,
        with_errors=173,
        threshold=0.412,
        changes=changes(),
        doubts=doubts(labels),
        batch=batch(),
        leakage=leakage(),
        lineage=lineage(),
        mining=mining(),
    )


def sixty() -> RoundReport:
    """Sixty classes."""
    return round_four(tuple(f"{name} {k}" for k in range(10) for name in SIX))


def hostile() -> RoundReport:
    """Names that would like to be more than text."""
    report = round_four(HOSTILE)
    assert report.batch
    assert report.mining
    return replace(
        report,
        project=HOSTILE[1],
        description=HOSTILE[0],
        verdict=replace(report.verdict, reason=HOSTILE[5] * 3, next=Next(HOSTILE[5], HOSTILE[0])),
        batch=replace(
            report.batch,
            shown=tuple(
                replace(each, file=HOSTILE[3] + HOSTILE[0], origin=HOSTILE[1], why=HOSTILE[4])
                for each in report.batch.shown
            ),
            returns=replace(report.batch.returns, by_model=3, reasons=((HOSTILE[0], 1),)),
            model=HOSTILE[1],
            sent_at=HOSTILE[2],
            parts=tuple(
                replace(each, per_class=tuple((name, 1) for name in HOSTILE))
                for each in report.batch.parts
            ),
            limits=(HOSTILE[0], HOSTILE[5]),
        ),
        mining=replace(report.mining, says=HOSTILE[5] + HOSTILE[1], notes=(HOSTILE[0],)),
        slices=tuple(replace(each, name=HOSTILE[0]) for each in report.slices[3:]),
        gates=tuple(replace(each, says=HOSTILE[5] + HOSTILE[0]) for each in report.gates),
    )


def first() -> RoundReport:
    """A round with nothing before it, and nothing mined, sent or looked for."""
    report = round_four()
    return replace(
        report,
        description="",
        number=1,
        previous=None,
        target=Target("mAP", band(0.421, 0.014), None, None),
        weakest=Weakest("person", 0.412, None, None),
        regressions=None,
        spent=Spent(0, None, 1, 5, 1340, 4801, 2310.0, None, None),
        verdict=replace(report.verdict, next=Next("Nothing is left to do.", None)),
        progress=Progress("mAP", None, report.progress.points[:1]),
        classes=tuple(
            replace(each, before=None, change=None, floor=None, room=None)
            for each in report.classes
        ),
        changes=None,
        doubts=Doubts((), 0),
        slices=(),
        batch=None,
        mining=None,
        leakage=None,
        lineage=replace(report.lineage, changes=()),
    )


def project_page() -> ProjectReport:
    """The page of the project that `round_four` belongs to."""
    now = round_four()
    facts = (Fact("judged on", "400 images, 1,400 boxes"), Fact("evaluator", "hotcoco 1.3.0"))
    return ProjectReport(
        now.project, now.description, now.verdict, now.target, now.weakest, now.spent,
        now.progress, facts,
    )  # fmt: skip


def comparison(names: tuple[str, ...] = ("helmet/r4", "helmet/r3", "base@v1")) -> CompareReport:
    """Models side by side; the last is clearly worse."""
    values = [0.571 - 0.022 * k - 0.07 * (k > 1) for k in range(len(names))]
    rows = class_rows(SIX)
    return CompareReport(
        testing="site-test@v1",
        digest=digest("c"),
        images=400,
        boxes=1400,
        headline=f"{names[0]} leads with mAP {values[0]:.3f}",
        reason="Its lead over the second could be chance; over the others it is real.",
        contenders=tuple(
            Contender(
                name,
                f"a model of {1460 - 40 * k} images",
                band(v, 0.012),
                band(v * 0.6, 0.01),
                0.41,
            )
            for k, (name, v) in enumerate(zip(names, values, strict=True))
        ),
        differences=tuple(
            Difference(name, label, band_of(v - values[0], 0.024), abs(v - values[0]) > 0.024)
            for name, v in list(zip(names, values, strict=True))[1:]
            for label in (None, "person", "excavator")
        ),
        classes=tuple(
            ComparedClass(
                row.label,
                row.testing,
                tuple(
                    band(row.ap50.value - 0.03 * k) if row.ap50 else None for k in range(len(names))
                ),
                0,
            )
            for row in rows
        ),
        slices=tuple(
            ComparedSlice(
                each.group,
                each.name,
                each.images,
                each.boxes,
                tuple(each.ap50 for _ in names),
            )
            for each in slices()
        ),
        curves=tuple(
            tuple(curve(label, 0.5 - 0.05 * k) for label in SIX) for k in range(len(names))
        ),
    )


def band_of(value: float, half: float) -> Band:
    """A difference and its interval, which may hold 0."""
    return Band(value, value - half, value + half)
