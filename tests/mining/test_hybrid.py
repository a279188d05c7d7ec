import numpy as np
import pytest

from tests.mining.strategies import directions, given, keeps_its_contract, name, picked, pool
from ymir.contracts.mining import Aim
from ymir.mining import hybrid

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


def test_rare_classes_are_doubted_more():
    images = given(pool([("hat", 0.2)], [("head", 0.2)]), directions(2), hybrid.NEEDS)
    scored = hybrid.score(images, Aim(topk=1, labelled={"hat": 0, "head": 999, "body": 5}))
    hat, head = scored["score"]
    assert hat / head == pytest.approx(2 * 2**0.5)
    assert scored["why"].to_list() == ["a hat at 0.2", "a head at 0.2"]
    assert scored["image"].to_list() == [name(0), name(1)]
