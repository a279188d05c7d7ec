"""Every image of a batch is in one part of its balance, or nothing is taken in."""

from dataclasses import asdict

import polars as pl

from ymir.contracts.labeling import Batch
from ymir.data.answers import ANSWERS, balance
from ymir.data.balance import Balance
from ymir.errors import DataError

_HINT = "nothing was recorded; look into the batch, or mend the label tool"


def accounted(sent: Batch, answers: pl.DataFrame, picked: pl.DataFrame) -> Balance:
    """The balance of a batch, once it adds up: each image is in one of its parts."""
    if answers.schema != ANSWERS:
        raise DataError(f"the answers to batch {sent.name} are no table of answers", hint=_HINT)
    if stray := answers.join(sent.images, on="image", how="anti")["image"].n_unique():
        raise DataError(f"{stray} labelled images were not in batch {sent.name}", hint=_HINT)
    twice = pl.Series(sent.twice, dtype=pl.String)
    counted = balance(sent.images["image"], twice, answers, picked)
    if counted.gap:
        raise DataError(
            f"batch {sent.name} does not add up: {counted.gap} of {counted.sent} images are "
            f"unaccounted for, and its balance is {asdict(counted)}",
            hint=_HINT,
        )
    return counted
