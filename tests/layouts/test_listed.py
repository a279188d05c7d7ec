from pathlib import Path

from ymir.contracts.format import Found, Listing
from ymir.layouts.listed import in_order

LISTING = Listing(Path(), ("a.jpg", "b.jpg"), others=frozenset({"other.jpg"}))


def names_and_problems(*images: str) -> list[tuple[str, str | None]]:
    every = (Found(each, annotation="x.json") for each in images)
    return [(each.image, each.problem) for each in in_order(every, LISTING, "named again")]


def test_images_come_in_the_order_of_the_listing_and_then_those_that_are_not_there() -> None:
    found = names_and_problems("z.jpg", "b.jpg", "c.jpg")
    assert [image for image, _ in found] == ["a.jpg", "b.jpg", "c.jpg", "z.jpg"]


def test_one_that_is_named_again_is_a_problem() -> None:
    found = dict(names_and_problems("a.jpg", "b.jpg", "a.jpg"))
    assert found == {"a.jpg": "`x.json`: named again", "b.jpg": None}


def test_images_of_other_splits_are_left_out() -> None:
    assert "other.jpg" not in dict(names_and_problems("other.jpg"))
