"""Small datasets for the judge's tests, and what pycocotools says of them."""

import contextlib
import io
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ymir.data.table import table

LABELS = ("helmet_head", "no_helmet_head", "hat")


def name(place):
    """An image's name that sorts by its place."""
    return f"{place:032x}"


def box(label=LABELS[0], at=(0, 0), size=(10, 10), score=None, crowd=False):
    return {
        "label": label,
        "x": at[0],
        "y": at[1],
        "w": size[0],
        "h": size[1],
        "score": score,
        "crowd": crowd,
    }


def dataset(*images: Sequence[Mapping]) -> pl.DataFrame:
    """A table with one image per list of boxes."""
    return table({"image": name(place), "objects": boxes} for place, boxes in enumerate(images))


def _boxes(**fields):
    # A coarse grid makes equal overlaps and overlaps at exactly 0.5 likely.
    return st.builds(
        box,
        label=st.sampled_from(LABELS),
        at=st.tuples(st.integers(0, 6), st.integers(0, 6)),
        size=st.tuples(st.integers(1, 8), st.integers(1, 8)),
        **fields,
    )


def _crowded(seed):
    """More predictions of one label in an image than COCO counts."""
    draw = np.random.default_rng(seed)
    return [
        box(at=tuple(draw.integers(0, 7, 2)), size=tuple(draw.integers(1, 9, 2)), score=score)
        for score in (draw.integers(0, 21, 130) / 20).tolist()
    ]


@st.composite
def scenes(draw):
    """Truth and predictions: crowds, tied scores, empty images, absent classes, many boxes."""
    truth = _boxes(crowd=st.sampled_from([False, False, False, True]))
    tied, fine = st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1, width=32)
    found = _boxes(score=st.one_of(tied, fine))
    images = draw(
        st.lists(
            st.tuples(st.lists(truth, max_size=6), st.lists(found, max_size=8)),
            min_size=1,
            max_size=6,
        )
    )
    predictions = [list(each) for _, each in images]
    if draw(st.booleans()):
        predictions[0] += _crowded(draw(st.integers(0, 1000)))
    return dataset(*[each for each, _ in images]), dataset(*predictions)


def pycocotools(truth: pl.DataFrame, predictions: pl.DataFrame) -> COCOeval:
    """The reference, after `accumulate`."""
    with contextlib.redirect_stdout(io.StringIO()):
        engine = COCOeval(_coco(truth), _coco(predictions), "bbox")
        engine.evaluate()
        engine.accumulate()
    return engine


def _coco(images: pl.DataFrame) -> COCO:
    annotations = []
    for place, objects in enumerate(images.sort("image")["objects"]):
        for each in objects:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": place + 1,
                    "category_id": LABELS.index(each["label"]) + 1,
                    "bbox": [each["x"], each["y"], each["w"], each["h"]],
                    "area": each["w"] * each["h"],
                    "iscrowd": int(each["crowd"]),
                    "score": each["score"],
                }
            )
    coco = COCO()
    coco.dataset = {
        "images": [{"id": each + 1} for each in range(images.height)],
        "categories": [{"id": each + 1, "name": label} for each, label in enumerate(LABELS)],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco
