import numpy as np
import pytest

from tests.mining.strategies import (
    directions,
    given,
    keeps_its_contract,
    name,
    picked,
    pool,
)
from ymir.contracts.mining import Aim
from ymir.mining import hybrid
from ymir.picking.cover import distances

TURNS = np.eye(8, dtype=np.float32)


def order(images, vectors, **aim):
    found = picked("hybrid", images, Aim(topk=3, **aim), np.array(vectors, np.float32))
    return [int(image, 16) for image in found["image"]]


def test_hybrid_keeps_its_contract():
    keeps_its_contract("hybrid")


def test_of_images_that_look_the_same_only_one_comes_early():
    doubted = pool([("a", 0.5)], [("a", 0.5)], [("a", 0.1)], [("a", 0.05)])
    assert order(doubted, TURNS[[0, 0, 1, 2]]) == [0, 2, 3, 1]


def test_what_looks_like_a_labelled_image_comes_last():
    doubted = pool([("a", 0.5)], [("a", 0.2)])
    assert order(doubted, TURNS[[0, 1]], known=TURNS[:1]) == [1, 0]


def test_among_images_that_are_as_far_the_doubt_decides():
    doubted = pool([("a", 0.9)], [("a", 0.4)], [], [("a", 0.8)])
    assert order(doubted, TURNS[:4], known=TURNS[4:5]) == [1, 3, 0, 2]


def test_where_nothing_is_doubted_the_distance_decides():
    vectors = [TURNS[0], (TURNS[0] + TURNS[1]) / 2**0.5, TURNS[1], TURNS[0]]
    assert order(pool([], [], [], [("a", 1.0)]), vectors, known=TURNS[:1]) == [2, 1, 0, 3]


def test_an_image_that_cannot_be_decoded_comes_last():
    blank = np.zeros((1, 8), np.float32)
    vectors = np.concatenate([blank, directions(3)])
    assert order(pool(*[[("a", 0.5)]] * 4), vectors)[-1] == 0


@pytest.mark.parametrize("seed", range(5))
def test_of_the_best_by_doubt_the_order_is_that_of_all_while_products_are_large(seed):
    sure = np.random.default_rng(seed).random(300) ** 6 / 2
    images, vectors = pool(*([("a", score)] for score in sure)), directions(300, seed)
    aim = Aim(topk=50, known=directions(20, seed + 100))
    whole = picked("hybrid", images, aim, vectors)
    doubted = sorted(whole.iter_rows(), key=lambda row: (-row[1], row[0]))[:120]
    rows = sorted(int(row[0], 16) for row in doubted)
    some = picked("hybrid", images[rows], aim, vectors[rows])
    first, known = 0, aim.known
    for image, doubt, *_ in whole.iter_rows():
        place = int(image, 16)
        if doubt * distances(vectors[place : place + 1], known)[0] <= 2**0.5 * doubted[-1][1]:
            break
        known = np.concatenate([known, vectors[place : place + 1]])
        first += 1
    assert first >= 5
    assert some["image"][:first].equals(whole["image"][:first])


def test_rare_classes_are_doubted_more():
    images = given(pool([("hat", 0.2)], [("head", 0.2)]), directions(2), hybrid.NEEDS)
    scored = hybrid.score(images, Aim(topk=1, labelled={"hat": 0, "head": 999, "body": 5}))
    hat, head = scored["score"]
    assert hat / head == pytest.approx(2 * 2**0.5)
    assert scored["why"].to_list() == ["a hat at 0.2", "a head at 0.2"]
    assert scored["image"].to_list() == [name(0), name(1)]
