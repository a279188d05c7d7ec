import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import tables
from ymir.data.ops.sample import sample, sample_in_ratio, sample_per_class, sample_per_tag
from ymir.data.table import table
from ymir.errors import DataError

relaxed = settings(deadline=None, max_examples=40)
WAYS = {
    "plain": sample,
    "class": sample_per_class,
    "tag": lambda a, **size: sample_per_tag(a, tag="light", **size),
}


def digest(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def many(**classes: int):
    """So many images with a box of each class alone."""
    names = [name for name, count in classes.items() for _ in range(count)]
    box = {"x": 1, "y": 1, "w": 1, "h": 1}
    return table(
        {"image": digest(n), "objects": [{**box, "label": each}] if each != "none" else []}
        for n, each in enumerate(names)
    )


def classes(images) -> Counter:
    return Counter(row["objects"][0]["label"] for row in images.to_dicts())


@pytest.mark.parametrize("way", WAYS)
@relaxed
@given(tables, st.integers(1, 6), st.integers(0))
def test_a_sample_is_a_reproducible_subset_and_part_of_a_larger_one(way, a, count, seed):
    picked = WAYS[way](a, count=count, seed=seed)
    assert picked.equals(WAYS[way](a.reverse(), count=count, seed=seed))
    assert picked.height <= count
    assert set(picked["image"]) <= set(a["image"])
    assert set(picked["image"]) <= set(WAYS[way](a, count=count + 1, seed=seed)["image"])
    assert picked["image"].is_sorted()


@relaxed
@given(tables, st.integers(1, 6))
def test_a_sample_has_as_many_images_as_asked_or_all(a, count):
    assert sample(a, count=count, seed=0).height == min(count, a.height)


@relaxed
@given(tables, st.floats(0.01, 1))
def test_a_share_is_that_share(a, share):
    assert sample(a, share=share, seed=1).height == round(share * a.height)


def test_the_seed_decides_the_sample_and_the_sample_stays_for_ever():
    a = table({"image": digest(number), "file": str(number)} for number in range(50))
    picks = {tuple(sample(a, count=10, seed=seed)["image"]) for seed in range(5)}
    assert len(picks) == 5
    assert sample(a, count=3, seed=7)["file"].to_list() == ["35", "15", "34"]


def test_images_that_are_added_disturb_a_sample_little():
    before, after = many(car=1000), many(car=1010)
    one, other = (set(sample(each, count=100, seed=1)["image"]) for each in (before, after))
    assert len(one - other) <= 10


def test_a_balanced_sample_has_each_class_alike_until_it_has_no_more():
    a = many(car=500, dog=40, cat=7, none=100)
    assert classes(sample_per_class(a, count=21, seed=1)) == {"car": 7, "dog": 7, "cat": 7}
    assert classes(sample_per_class(a, count=67, seed=1)) == {"car": 30, "dog": 30, "cat": 7}
    assert sample_per_class(a, share=1, seed=1).height == 547


def test_an_image_of_several_classes_stands_for_the_rarest():
    box = {"x": 1, "y": 1, "w": 1, "h": 1}
    both = [{**box, "label": "car"}, {**box, "label": "dog"}]
    a = table([*many(car=20).to_dicts(), {"image": "f" * 32, "objects": both}])
    assert "f" * 32 in sample_per_class(a, count=2, seed=3)["image"]


def test_a_sample_by_tag_has_each_value_alike():
    a = table(
        {"image": digest(n), "tags": [{"key": "light", "value": "dim" if n % 10 else "day"}]}
        for n in range(100)
    )
    found = Counter(row["tags"][0]["value"] for row in WAYS["tag"](a, count=8, seed=1).to_dicts())
    assert found == {"dim": 4, "day": 4}
    untagged = table({"image": digest(n)} for n in range(9))
    assert WAYS["tag"](untagged, count=8, seed=1).height == 0


def test_a_sample_in_a_ratio_keeps_it_even_if_it_gets_smaller():
    a = many(car=500, dog=40, cat=9, none=50)
    ratio = {"car": 0.75, "dog": 0.25}
    assert classes(sample_in_ratio(a, ratio=ratio, count=40, seed=1)) == {"car": 30, "dog": 10}
    assert classes(sample_in_ratio(a, ratio=ratio, count=400, seed=1)) == {"car": 120, "dog": 40}


def test_a_ratio_of_a_class_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="no image stands for `cow`"):
        sample_in_ratio(many(car=5), ratio={"car": 1, "cow": 1}, count=4, seed=1)


@relaxed
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(1, 5))
def test_a_ratio_is_met_to_one_image(cars, dogs, count, weight):
    a = many(car=cars, dog=dogs)
    found = classes(sample_in_ratio(a, ratio={"car": weight, "dog": 1}, count=count, seed=0))
    assert abs(found["car"] - weight * found["dog"]) <= weight


def test_of_images_that_draw_one_lot_the_first_digests_are_picked():
    images = table({"image": f"{'0' * 16}{n:016}"} for n in (4, 1, 3, 0, 2))
    for count in range(7):
        picked = sample(images, count=count, seed=3)
        assert picked["image"].to_list() == sorted(images["image"])[:count]
