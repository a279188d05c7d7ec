"""Parts of a report, filled in by hand: what a fourth round of five could show."""

from hashlib import md5

from ymir.metrics.scores import Band
from ymir.picking.yields import Share, Yield
from ymir.report.shown.batches import (
    Again,
    Agreement,
    Batch,
    Leak,
    Leakage,
    LeakCount,
    Mined,
    Part,
    People,
    Returns,
)
from ymir.report.shown.mining import MinedRound, Mining
from ymir.report.shown.origin import Fact, Lineage, SpecChange, Step, Used
from ymir.report.shown.quality import (
    Cell,
    Changed,
    Changes,
    ClassCurve,
    ClassRow,
    Confusion,
    Doubt,
    Doubts,
    SliceRow,
)
from ymir.report.shown.summary import (
    Control,
    Gate,
    Guess,
    Outlook,
    Point,
    Progress,
)

SIX = ("person", "helmet", "vest", "excavator", "dump truck", "crane hook")


def digest(name: object) -> str:
    """A digest as in the records."""
    return md5(str(name).encode(), usedforsecurity=False).hexdigest()


def band(value: float, half: float = 0.021) -> Band:
    """A figure and its noise."""
    return Band(value, max(0.0, value - half), min(1.0, value + half))


def class_rows(labels: tuple[str, ...]) -> tuple[ClassRow, ...]:
    """One row per class, from the one furthest below its floor on."""
    rows = []
    for at, label in enumerate(labels):
        now = 0.412 + 0.48 * at / len(labels)
        change = (0.041, -0.018, 0.006, -0.057, 0.033, 0.0)[at % 6]
        floor = 0.5 if at % 3 != 2 else None
        rows.append(
            ClassRow(
                label,
                band(now, 0.031),
                now - change,
                change,
                floor,
                None if floor is None else now - floor,
                testing=38 + 61 * (at % 5),
                training=210 + 433 * (at % 7),
                found=29 + 40 * (at % 5),
                invented=7 + 5 * (at % 4),
                missed=9 + 21 * (at % 5),
            )
        )
    return tuple(rows)


def curve(label: str, ap: float) -> ClassCurve:
    """A curve that falls where the model runs out of boxes."""
    now = tuple(max(0.0, 0.99 - (k / 100) ** (1 + 6 * ap)) for k in range(101))
    before = tuple(max(0.0, 0.96 - (k / 100) ** (1 + 5 * ap)) for k in range(101))
    return ClassCurve(
        label, ap, now, before, (0.62, now[62]), tuple(1 - k / 101 for k in range(101))
    )


def confusion(labels: tuple[str, ...], left_out: int = 0) -> Confusion:
    """Most on the diagonal, some on background, a little between neighbours."""
    names = (*labels, "background")
    last = len(labels)
    rows = []
    for truth, name in enumerate(names):
        counts = [0] * len(names)
        for predicted in range(len(names)):
            near = abs(truth - predicted)
            counts[predicted] = (143 - 9 * truth) if near == 0 else 4 if near == 1 else 0
        counts[last] = 0 if truth == last else 14 + 5 * truth
        total = sum(counts) or 1
        cells = tuple(Cell(n, n / total, truth == k) for k, n in enumerate(counts))
        rows.append((name, cells))
    return Confusion(names, tuple(rows), left_out)


def slices() -> tuple[SliceRow, ...]:
    """Parts of each kind; one holds no box."""
    return (
        SliceRow("size", "size", "small", 212, 401, band(0.291, 0.04), 0.352, 0.271, 0.020),
        SliceRow("size", "size", "medium", 331, 702, band(0.612), 0.688, 0.580, 0.032),
        SliceRow("size", "size", "large", 180, 297, band(0.781), 0.842, 0.776, 0.005),
        SliceRow("tag", "light", "day", 301, 1021, band(0.641), 0.702, 0.611, 0.030),
        SliceRow("tag", "light", "night", 99, 379, band(0.402, 0.05), 0.431, 0.421, -0.019),
        SliceRow("attribute", "occluded", "yes", 140, 260, band(0.333, 0.04), 0.37, 0.31, 0.023),
        SliceRow(
            "declared", "declared", "far-at-night", 31, 58, band(0.207, 0.08), 0.24, None, None
        ),
        SliceRow("declared", "declared", "fog", 4, 0, None, None, None, None),
    )


def changes() -> Changes:
    """More was fixed than broken."""
    fixed = tuple(
        Changed(digest(f"f{k}"), f"site-a/cam2/{k:05}.jpg", 0, 4 - k % 3) for k in range(37)
    )
    broken = tuple(
        Changed(digest(f"b{k}"), f"site-b/cam1/{k:05}.jpg", 1 + k % 3, 0) for k in range(11)
    )
    return Changes("round 3", fixed, broken, 61, 24)


def doubts(labels: tuple[str, ...]) -> Doubts:
    """One of each kind, several times."""
    kinds = ("missing", "wrong class", "badly placed")
    shown = tuple(
        Doubt(
            kinds[k % 3],
            digest(f"d{k}"),
            f"site-c/{k:05}.jpg",
            None if k % 3 == 0 else labels[k % len(labels)],
            labels[(k + 1) % len(labels)],
            0.97 - 0.01 * k,
            None if k % 3 == 0 else 0.82 - 0.02 * k,
            10.0,
            12.0,
            40.0,
            64.0,
            again=(0, 3, None, None, None)[k % 5],
        )
        for k in range(17)
    )
    return Doubts(shown, 23, with_people=4, labelled_again=4)


def batch() -> Batch:
    """A batch of which some is back."""
    shown = tuple(
        Mined(
            digest(f"m{k}"),
            f"pool/2026-11-{1 + k % 28:02}/clip-{k % 9}/{k:06}.jpg",
            k + 1,
            0.93 - 0.011 * k,
            _why(k),
            "site-test" if k < 9 else None,
            "again" if k < 9 else "control" if k % 10 == 9 else "mined",
        )
        for k in range(40)
    )
    return Batch(
        shown,
        40,
        "entropy",
        131,
        returns=Returns(
            40, 22, 5, 2, 7, (("blurred", 1), ("no worker in sight", 1)),
            skipped=4, reviews=2, reviewed=1,
        ),
        listed=2,
        sent_at="2026-11-22T09:05:00+00:00",
        due="2026-11-25T09:05:00+00:00",
        again=Again(2, 4, 3, answered=8, changed=5, boxes=(("added", 4), ("removed", 1))),
        agreement=Agreement(images=2, boxes=31, f1=0.92, iou=0.88),
        people=People(34, 3, timed=30, seconds=612.0, cost=2.72, currency="EUR"),
        parts=(
            Part("mined", 25, 18, 81, _drawn(18, 81)),
            Part("control", 4, 3, 7, _drawn(3, 7)),
            Part("empty", 2, 2, 0, _drawn(2, 0)),
            Part("again", 9, 8, 43, _drawn(8, 43)),
        ),
        limits=("12 images look like one that is labelled or in the batch, and were passed over.",),
    )  # fmt: skip


def _drawn(images: int, boxes: int) -> tuple[tuple[str, int], ...]:
    """How many boxes of each class, fewer of the later ones."""
    return tuple((label, boxes // 2 ** (at + 1)) for at, label in enumerate(SIX))


def mining() -> Mining:
    """Three rounds with images by lot, of which the second tells nothing by itself."""
    rounds = tuple(
        MinedRound(number, "hybrid", _yield(36, more, 4), f"r{number}.html")
        for number, more in ((1, 1.9), (2, 0.2), (3, 1.1))
    )
    return Mining(
        "pays",
        "Mining pays so far: a mined image held 2.10 mistakes of the model, one by lot 1.20",
        _yield(108, 1.1, 12),
        rounds,
        ("That is how much there was to learn, not mAP.",),
    )


def _yield(mined: int, more: float, control: int) -> Yield:
    half = 2.4 / control**0.5
    return Yield(
        Share(mined, Band(1.2 + more, 1.0 + more, 1.5 + more)),
        Share(control, Band(1.2, max(0.0, 1.2 - half), 1.2 + half)),
        Band(more, more - half, more + half),
    )


def _why(rank: int) -> str:
    if rank < 9:
        return ("listed in picked.txt", "suspicious label: person missing, 0.93",
                "may show vest: 0.71")[rank % 3]  # fmt: skip
    return "picked at random, as a control" if rank % 10 == 9 else "unsure of `helmet` (score 0.48)"


def leakage() -> Leakage:
    """Two kinds of pairs."""
    shown = tuple(
        Leak(
            "same" if k == 0 else "near",
            "testing" if k < 3 else "validation",
            digest(f"l{k}"),
            f"site-a/{k:05}.jpg",
            digest(f"lo{k}"),
            f"site-test/{k + 40:05}.jpg",
            "the same bytes" if k == 0 else f"{k} of 64 bits of their look differ",
            True,
        )
        for k in range(4)
    )
    counts = (
        LeakCount("also in testing", 1, "left out of training"),
        LeakCount("look like one of testing or validation", 3, "left out of training"),
    )
    return Leakage(shown, counts, 4, "the same bytes, near-duplicates, groups by `clip`")


def lineage() -> Lineage:
    """From the commit of the specs to the package."""
    kinds = ("training", "train", "predict", "judge", "package", "prove", "mine", "send")
    steps = tuple(
        Step(
            kind,
            digest(kind),
            digest(f"recipe {kind}")[:12],
            (1.2, 1841.0, 92.4, 3.1, 4.0, 21.7, 310.5, 0.6)[k],
            {"train": 1790.0, "predict": 60.0, "mine": 250.0}.get(kind),
        )
        for k, kind in enumerate(kinds)
    )
    return Lineage(
        (
            Used("training", "site-train", 3, digest("a"), 1460, 5204),
            Used("validation", "site-val", 1, digest("b"), 200, 702),
            Used("testing", "site-test", 1, digest("c"), 400, 1400),
            Used("mining", "site-pool", None, digest("d"), None, None),
        ),
        steps,
        (
            Fact("specs at commit", digest("commit") + "12345678", True),
            Fact("executor", "rtdetr"),
            Fact("executor digest", digest("executor") + digest("more"), True),
            Fact("started from", "helmet/r3"),
            Fact("training seed", "7"),
            Fact("mining seed", "0"),
            Fact("judged on", "400 images, 1,400 boxes"),
            Fact("evaluator", "hotcoco 1.3.0"),
            Fact("ymir", "0.9.0"),
            Fact("environment", "python 3.11.9, torch 2.11.0, CUDA 12.8, one NVIDIA H200"),
            Fact("package", "helmet-r4.tar"),
            Fact("package sha256", digest("package") + digest("sha"), True),
        ),
        (
            SpecChange("train.with.epochs", "50", "80"),
            SpecChange("mine.topk", "60", "40"),
            SpecChange("mine.control", None, "0.1"),
            SpecChange("label.with.url", "http://127.0.0.1:8080", None),
        ),
    )


def point(number: int, value: float, change: float | None) -> Point:
    """One round, forty labels after the one before."""
    return Point(
        number,
        40 * (number - 1),
        1300 + 40 * number,
        band(value, 0.012),
        band(value * 0.62, 0.01),
        change,
        2270.0 + 40 * number,
        "no goal met yet: the next batch is mined",
        f"r{number}.html",
    )


def progress() -> Progress:
    """Four rounds, the control beside them, and what may come."""
    values = (0.421, 0.503, 0.549, 0.571)
    points = tuple(
        point(n + 1, value, None if n == 0 else value - values[n - 1])
        for n, value in enumerate(values)
    )
    control = tuple(
        point(n + 1, value, None) for n, value in enumerate((0.421, 0.471, 0.509, 0.528))
    )
    ahead = tuple(
        Guess(120 + 20 * k, 0.571 + 0.009 * k, 0.565 + 0.004 * k, 0.577 + 0.014 * k)
        for k in range(6)
    )
    says = "about 190 labels in all reach the goal (160 to 260), if the curve goes on as it began"
    outlook = Outlook(190, 160, 260, says, ahead)
    return Progress("mAP", 0.6, points, Control("helmet-random", control), outlook)


def gates() -> tuple[Gate, ...]:
    """One of each light."""
    return (
        Gate("leakage", "amber", "4 training images were left out: they look like testing images."),
        Gate("frozen set", "green", "Judged on the same 400 images as round 3 (c1f2a9)."),
        Gate(
            "label balance",
            "amber",
            "Round 4: 40 sent = 22 labelled + 5 empty + 4 skipped + 2 rejected + 7 outstanding.",
        ),
        Gate("regression", "red", "`excavator` fell by 0.057, which is more than noise (0.031)."),
        Gate("package", "off", "The package of this round was not tried yet."),
    )
