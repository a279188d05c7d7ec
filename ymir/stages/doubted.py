"""Images that models are judged on, and whose labels a confident model contradicts."""

from collections.abc import Iterator

import polars as pl

from ymir.metrics.doubts import DOUBTS, by_image, doubts
from ymir.metrics.judge import judge
from ymir.plan.history import number_in
from ymir.plan.relabel import SUSPICIOUS
from ymir.stages.kind import Work
from ymir.stages.places import went_back
from ymir.stages.predict import scored
from ymir.stages.tables import labels_of, of_round


def doubted(work: Work) -> pl.DataFrame:
    """As many as the project asks for, the surest first: `image`, `score` and `why`.

    What went back in an earlier round is not among them: people have said what is on it.
    """
    most = number_in(work.stage.settings, SUSPICIOUS)
    found = pl.concat([DOUBTS.to_frame(), *(_by_set(work) if most else ())])
    fresh = found.join(went_back(work), on="image", how="anti", maintain_order="left")
    return by_image(fresh).head(most)


def _by_set(work: Work) -> Iterator[pl.DataFrame]:
    """What the round's model contradicts in testing, and in validation."""
    labels = labels_of(work)
    predict = next(name for name in work.stage.inputs if name.endswith("/predict"))
    for name, truth in scored(work).items():
        found = of_round(work, predict, f"predictions/{name}.parquet")
        scores, matches = judge(truth, found, labels=labels, resamples=1)
        yield doubts(matches, labels=labels, threshold=scores.threshold)
