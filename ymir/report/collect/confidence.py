"""What the model's scores mean, and which to believe."""

from __future__ import annotations

from ymir.metrics.confidence import Operating, histogram, operating
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import Bin, Confidence, Threshold

_BINS = 20


def confidence(now: RoundRecord) -> Confidence:
    """Right and wrong predictions by score, and the threshold with the best F1.

    The one for all classes together is the judge's. A class of which no prediction is right is not
    among those with one of their own.
    """
    counts = histogram(now.matches, bins=_BINS)
    nothing = Operating(now.testing.threshold, 0, 0, 0)
    per_class = (
        (each.label, operating(now.matches, label=each.label)) for each in now.testing.per_class
    )
    return Confidence(
        bins=tuple(
            Bin(place / _BINS, (place + 1) / _BINS, right, wrong)
            for place, (right, wrong) in enumerate(counts)
        ),
        suggested=_threshold(None, operating(now.matches) or nothing),
        per_class=tuple(_threshold(label, best) for label, best in per_class if best),
    )


def _threshold(label: str | None, at: Operating) -> Threshold:
    return Threshold(label, at.score, at.f1, at.precision, at.recall)
