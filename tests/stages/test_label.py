"""Every image that was sent to people is accounted for, or nothing is recorded."""

from dataclasses import replace

import polars as pl
import pytest

from tests.labeling.batches import batch
from ymir.data.answers import ANSWERS, chosen
from ymir.data.balance import Balance
from ymir.errors import DataError
from ymir.stages.accounting import accounted

BOX = {"label": "helmet_head", "x": 1.0, "y": 1.0, "w": 5.0, "h": 5.0}


def answers(*rows):
    """Answers, each as the image, a state and its boxes."""
    blank = {"copy": 1, "by": None, "at": None, "seconds": None, "star": False, "why": None}
    bare = {"score": None, "crowd": False, "mask": None, "attributes": []}
    full = [
        {**blank, "image": image, "state": state, "objects": [{**bare, **each} for each in boxes]}
        for image, state, boxes in rows
    ]
    return pl.DataFrame(full, schema=ANSWERS)


def counted(sent, *rows):
    said = answers(*rows)
    return accounted(sent, said, chosen(said))


def test_a_whole_batch_is_accounted_for(tmp_path) -> None:
    sent = batch(tmp_path, count=5)
    a, b, c, d, _ = sent.images["image"]
    rows = ((a, "labelled", [BOX]), (b, "labelled", []), (c, "skipped", []), (d, "rejected", []))
    assert counted(sent, *rows) == Balance(
        sent=5, labelled=1, empty=1, skipped=1, rejected=1, outstanding=1
    )


def test_an_image_that_one_person_skipped_and_another_labelled_is_labelled(tmp_path) -> None:
    sent = batch(tmp_path, count=1)
    (a,) = sent.images["image"]
    assert counted(sent, (a, "skipped", []), (a, "labelled", [BOX])).labelled == 1


def test_a_gap_stops_the_stage(tmp_path) -> None:
    sent = batch(tmp_path, count=2)
    a, b = sent.images["image"]
    said = answers((a, "labelled", [BOX]), (b, "labelled", []))
    with pytest.raises(DataError, match="does not add up: 1 of 2 images are unaccounted for"):
        accounted(sent, said, chosen(said).head(1))


def test_a_stranger_stops_the_stage(tmp_path) -> None:
    sent = batch(tmp_path, count=1)
    with pytest.raises(DataError, match="1 labelled images were not in batch helmet-r2"):
        counted(sent, ("z", "labelled", []))


def test_what_is_no_table_of_answers_stops_the_stage(tmp_path) -> None:
    sent = batch(tmp_path, count=1)
    with pytest.raises(DataError, match="no table of answers"):
        accounted(sent, sent.images, sent.images)


def test_a_second_copy_is_waited_for(tmp_path) -> None:
    sent = batch(tmp_path, count=1)
    (a,) = sent.images["image"]
    twice = replace(sent, twice=(a,))
    assert not counted(twice, (a, "labelled", [])).is_done
