from tests.mining.strategies import directions, keeps_its_contract, name, picked, pool, random_pool
from ymir.contracts.mining import Aim

HATS_AND_HEADS = pool(
    *([("hat", 0.5)] for _ in range(20)), *([("head", 0.5)] for _ in range(20)), [("tree", 0.5)]
)


def batch(images, topk, **aim):
    ordered = picked("deficit", images, Aim(topk=topk, **aim))
    return [int(image, 16) for image in ordered["image"].head(topk)]


def test_deficit_keeps_its_contract():
    keeps_its_contract("deficit")


def test_classes_have_images_in_proportion_to_what_they_lack():
    lacking = {"hat": 0.3, "head": 0.1, "tree": 0.0}
    for topk, hats in ((4, 3), (8, 6), (12, 9)):
        rows = batch(HATS_AND_HEADS, topk, shortfall=lacking)
        assert sum(row < 20 for row in rows) == hats
        assert 40 not in rows


def test_a_class_that_lacks_nothing_comes_after_all_that_do():
    rows = batch(HATS_AND_HEADS, 40, shortfall={"hat": 0.1, "head": 0.1, "tree": 0.0})
    assert sorted(rows) == list(range(40))


def test_a_class_that_is_found_nowhere_has_what_is_unlike_everything_else():
    vectors = directions(41)
    vectors[1:] = vectors[0]
    vectors[7] = -vectors[0]
    aim = Aim(topk=1, shortfall={"lamp": 0.5}, known=vectors[:1])
    assert picked("deficit", HATS_AND_HEADS, aim, vectors)["image"][0] == name(7)


def test_without_a_shortfall_it_is_the_hybrid():
    images, known = random_pool(50), directions(3, seed=4)
    for shortfall in ({}, {"a": 0.0, "b": 0.0}):
        aim = Aim(topk=9, shortfall=shortfall, known=known, labelled={"a": 50})
        assert picked("deficit", images, aim)["image"].equals(
            picked("hybrid", images, aim)["image"]
        )
