from pathlib import Path

import pytest

from ymir.contracts.format import Listing, Splits, of_split
from ymir.errors import DataError


def listing(**splits):
    readers = {name: lambda files=files: files for name, files in splits.items()}
    stray = {"e.bmp": "no kind of image", "f.bmp": "no kind of image"}
    names = ("a.jpg", "b.jpg", "c.jpg")
    return Listing(Path("data"), names, ("a.xml", "b.xml"), stray, Splits(lambda: readers))


def test_a_split_is_its_images_and_the_annotations_that_they_need():
    train = of_split(listing(train={"a.jpg", "a.xml", "c.jpg", "e.bmp"}), "train")
    assert train.images == ("a.jpg", "c.jpg")
    assert train.annotations == ("a.xml",)
    assert train.stray == {"e.bmp": "no kind of image"}
    assert train.others == {"b.jpg"}


def test_a_name_without_an_image_is_accounted_for():
    train = of_split(listing(train={"a.jpg", "gone"}), "train")
    assert train.stray == {"gone": "the split `train` names it, but there is no image of this name"}


def test_an_unknown_split_names_those_that_exist():
    with pytest.raises(DataError, match="no split called `dev`") as caught:
        of_split(listing(train=set(), val=set()), "dev")
    assert caught.value.hint == "one of: train, val"
    with pytest.raises(DataError, match="no split at all, and none called `dev`"):
        of_split(listing(), "dev")


def test_split_files_are_read_only_when_their_split_is_asked_for():
    def broken():
        raise AssertionError

    splits = Splits(lambda: {"train": broken, "val": lambda: ["a.jpg"]})
    assert list(splits) == ["train", "val"]
    assert splits["val"] == {"a.jpg"}
    Listing(Path("data"), (), splits=Splits(broken))
