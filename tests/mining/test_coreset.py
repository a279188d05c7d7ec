import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mining.strategies import DIMENSIONS, directions, keeps_its_contract, name, picked, pool
from ymir.contracts.mining import Aim
from ymir.mining import coreset

TURNS = np.eye(DIMENSIONS, dtype=np.float32)


def order(vectors, topk=3, known=None):
    images = pool(*[[]] * len(vectors))
    found = picked("coreset", images, Aim(topk=topk, known=known), vectors)
    return [int(image, 16) for image in found["image"]]


def test_coreset_keeps_its_contract():
    keeps_its_contract("coreset")


def test_each_is_the_farthest_from_what_is_labelled_and_picked():
    near = (TURNS[0] * 0.96 + TURNS[1] * 0.28).astype(np.float32)
    vectors = np.stack([TURNS[0], near, TURNS[2], TURNS[2]])
    assert order(vectors, known=TURNS[:1]) == [2, 1, 0, 3]


def test_an_image_says_how_far_it_is_from_what_is_labelled():
    found = picked("coreset", pool([], []), Aim(topk=1, known=TURNS[:1]), TURNS[:2])
    assert found.select("score", "why").rows() == [
        (pytest.approx(2**0.5), "1.41 from what is labelled"),
        (0.0, "0.0 from what is labelled"),
    ]


def radius(vectors, centres):
    apart = 2 - 2 * vectors @ centres.T
    return float(np.sqrt(np.clip(apart.min(axis=1), 0, None)).max())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_pool_is_covered_within_twice_the_least_radius_that_chance_finds(seed, topk):
    vectors = directions(60, seed)
    known = directions(3, seed + 1)
    ours = vectors[order(vectors, topk, known)[:topk]]
    chance = np.random.default_rng(seed)
    others = (vectors[chance.choice(60, topk, replace=False)] for _ in range(200))
    least = min(radius(vectors, np.concatenate([known, other])) for other in others)
    assert radius(vectors, np.concatenate([known, ours])) <= 2 * least + 1e-3


def test_the_figures_do_not_depend_on_how_the_pool_is_cut():
    vectors, known = directions(500, 3), directions(70, 4)
    kind = pl.Array(pl.Float32, DIMENSIONS)
    images = pl.DataFrame({"image": [name(row) for row in range(500)]})
    full = images.with_columns(feature=pl.Series(vectors, dtype=kind))
    whole = coreset.score(full, Aim(topk=1, known=known))
    for size in (1, 33, 499):
        parts = [coreset.score(part, Aim(topk=1, known=known)) for part in full.iter_slices(size)]
        assert pl.concat(parts).equals(whole)
