"""Chance that never changes: the number an image draws depends on its bytes and a seed alone."""

import hashlib

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.data.table import leads

Lots = npt.NDArray[np.uint64]

_ALL = (1 << 64) - 1


def lots(images: pl.Series, *, seed: int) -> Lots:
    """What each image draws: a number below 2**64, the same in every release and on every machine.

    It is the start of the image's digest, stirred with the seed. An image's number is its own:
    whichever others are there, it stays the same.
    """
    return _stirred(leads(images).to_numpy(), seed)


def lots_of_texts(texts: pl.Series, *, seed: int) -> Lots:
    """What each text draws, e.g. the name of a camera; equal texts draw the same."""
    distinct = texts.unique()
    digests = [hashlib.md5(each.encode(), usedforsecurity=False).digest() for each in distinct]
    drawn = pl.Series([int.from_bytes(each[:8], "big") for each in digests], dtype=pl.UInt64)
    return _stirred(texts.replace_strict(distinct, drawn, return_dtype=pl.UInt64).to_numpy(), seed)


def _stirred(numbers: Lots, seed: int) -> Lots:
    """One step of SplitMix64 for the seed and one for each number."""
    start = _splitmix(np.array([seed & _ALL], dtype=np.uint64))
    return _splitmix(numbers ^ start)


def _splitmix(numbers: Lots) -> Lots:
    """Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
