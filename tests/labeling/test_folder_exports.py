"""What any format writes of a batch, unpacked into annotations/, comes back as it was."""

import polars as pl
import pytest

from tests.labeling.batches import balanced, objects_of
from tests.labeling.drops import drop, home, mistakes
from ymir.answers.names import numbered
from ymir.contracts.format import formats
from ymir.labeling import folder


def truth(sent):
    """The pool's own labels, under the names of the files that went out."""
    known = sent.pool.drop("file").join(numbered(sent).select("image", "file"), on="image")
    return known.select(sent.pool.columns)


def rounded(images):
    """The boxes to a tenth of a pixel: some formats write shares of the image."""
    return [
        [(each["label"], *(round(each[side], 1) for side in "xywh")) for each in objects]
        for objects in images
    ]


@pytest.mark.parametrize("name", ["voc", "yolo", "coco", "labelstudio"])
def test_an_export_comes_back_as_it_was_written(sent, name):
    export = home(sent) / "annotations" / "export"
    formats.load(name).write(truth(sent), sent.media, export)
    answers = folder.collect(sent, {})
    assert balanced(sent, answers).outstanding == 0
    expected = dict(sent.pool.select("image", "objects").iter_rows())
    assert rounded(objects_of(sent, answers)) == rounded(
        expected[image] for image in sent.images["image"]
    )


@pytest.mark.parametrize("name", ["voc", "yolo", "coco", "labelstudio"])
def test_half_an_export_is_half_of_the_answers(sent, name):
    some = truth(sent).filter(pl.col("image") == sent.images["image"][0])
    formats.load(name).write(some, sent.media, home(sent) / "annotations" / name)
    assert balanced(sent, folder.collect(sent, {})).outstanding == 2


def test_xml_that_is_no_answer_is_left_alone_and_that_of_cvat_is_named(sent):
    drop(sent, "annotations/config.xml", "<View><Image name='image'/></View>")
    assert balanced(sent, folder.collect(sent, {})).outstanding == 3
    drop(sent, "annotations/annotations.xml", "<annotations><version>1.1</version></annotations>")
    assert "this is CVAT's own XML" in mistakes(sent)[0]
