from tests.mining.strategies import keeps_its_contract, name, pool
from ymir.contracts.mining import Aim
from ymir.mining import random


def lots(images, seed):
    return dict(random.score(images, Aim(topk=1, seed=seed)).select("image", "score").iter_rows())


def test_random_keeps_its_contract():
    keeps_its_contract("random")


def test_the_lot_of_an_image_does_not_change_when_the_pool_grows():
    small, large = lots(pool(*[[]] * 5), 1), lots(pool(*[[]] * 50), 1)
    assert small == {image: large[image] for image in small}


def test_another_seed_deals_other_lots():
    images = pool(*[[]] * 5)
    assert not set(lots(images, 1).values()) & set(lots(images, 2).values())


def test_lots_are_spread_evenly():
    drawn = sorted(lots(pool(*[[]] * 2000), 0).values())
    assert all(abs(lot - place / 2000) < 0.04 for place, lot in enumerate(drawn))


def test_the_lot_is_the_same_in_every_release():
    assert lots(pool([]), 0)[name(0)] == 0.8691887734093164
