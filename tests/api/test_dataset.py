"""Versions of datasets as frames and pictures."""

import pytest
from PIL import Image

from tests.workspaces import SIDE
from tests.workspaces import Workspace as Typed
from ymir import Workspace
from ymir.api.dataset import Dataset
from ymir.errors import DataError, SpecError, StoreError


@pytest.fixture
def base(done: Typed) -> Dataset:
    return Workspace(done.root).dataset("base")


def test_datasets_are_listed_and_found_by_name_and_version(done: Typed, base: Dataset) -> None:
    here = Workspace(done.root)
    assert set(here.datasets) == {"base", "val", "test", "pool"}
    assert here.datasets["base"].name == base.name == here.dataset("base@v1").name == "base@v1"
    assert base.facts["images"] == base.images().height == 6
    with pytest.raises(SpecError, match="no dataset called `bsae`") as caught:
        here.dataset("bsae")
    assert "`base`" in str(caught.value.hint)


def test_a_row_is_an_image_or_a_box(base: Dataset) -> None:
    images, boxes = base.images(), base.boxes()
    assert images.columns[:4] == ["image", "file", "width", "height"]
    assert images["boxes"].sum() == boxes.height == base.counts()["boxes"]
    assert boxes.columns[:7] == ["image", "file", "label", "x", "y", "w", "h"]
    assert set(boxes["label"]) <= {"cat", "dog"}
    assert boxes.join(images, on=["image", "file"], how="semi").height == boxes.height


def test_an_image_is_found_by_digest_or_file_and_shown(base: Dataset) -> None:
    digest, file = base.images().row(0)[:2]
    picture = base.open(file)
    assert isinstance(picture, Image.Image)
    assert picture.size == (SIDE, SIDE)
    assert base.read(digest).startswith(b"\x89PNG")
    assert base.path(digest) == base.path(file) == base.path(file.rpartition("/")[2])
    with pytest.raises(DataError, match="has no image `nothing`"):
        base.open("nothing")


def test_boxes_are_drawn_in_the_colour_of_their_class(base: Dataset) -> None:
    digest = base.boxes()["image"][0]
    assert base.draw(digest).getcolors() != base.open(digest).getcolors()


def test_an_image_that_is_not_here_says_how_it_comes(done: Typed, base: Dataset) -> None:
    digest = base.images()["image"][-1]
    path = base.path(digest)
    kept = path.rename(path.with_name("elsewhere"))
    try:
        with pytest.raises(StoreError, match="not here") as caught:
            base.open(digest)
    finally:
        kept.rename(path)
    assert "ymir pull" in str(caught.value.hint)


def test_a_notebook_shows_what_is_in_it(base: Dataset) -> None:
    shown = base._repr_html_()
    assert "base@v1: 6 images" in shown
    assert "cat" in shown
