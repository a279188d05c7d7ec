"""What a model is sure of becomes labels; everything else is rejected, and says why."""

from dataclasses import replace

import polars as pl
import pytest
from pydantic import ValidationError

from tests.labeling.batches import balanced, batch, box, files, objects_of
from ymir.contracts.labeling import tools
from ymir.data.answers import ANSWERS, LABELLED, REJECTED
from ymir.data.balance import Balance
from ymir.data.table import table
from ymir.errors import DataError
from ymir.labeling import model


def scored(score, label="helmet_head", at=(10, 10)):
    return {**box(label, at), "score": score}


def found(sent, *per_image):
    """The batch with what a model finds on its first images, and who found it."""
    rows = [
        {**row, "objects": boxes}
        for row, boxes in zip(sent.images.to_dicts(), per_image, strict=False)
    ]
    return replace(sent, suggested=table(rows), model="helmet/r2")


@pytest.fixture
def sent(tmp_path):
    """One image it is sure of, one that it doubts, one in which it finds nothing."""
    return found(
        batch(tmp_path),
        [scored(0.9), scored(0.85, "no_helmet_head", (30, 5)), scored(0.1)],
        [scored(0.95), scored(0.55, "no_helmet_head")],
        [scored(0.29)],
    )


def said(sent, **settings):
    """Each image's state, and why."""
    rows = model.collect(sent, settings).rows
    return dict(zip(rows["image"], rows.select("state", "why").iter_rows(), strict=True))


def test_every_image_is_answered_by_the_model_and_not_by_people(sent):
    answers = model.collect(sent, {})
    assert answers.rows.schema == ANSWERS
    assert not answers.by_people
    assert set(answers.rows["by"]) == {"helmet/r2"}
    assert balanced(sent, answers) == Balance(sent=3, labelled=1, rejected=2)
    assert list(said(sent).values()) == [
        (LABELLED, None),
        (REJECTED, "the model is unsure: no_helmet_head 0.55"),
        (REJECTED, "the model finds nothing in it"),
    ]


def test_labels_have_no_scores_and_faint_boxes_are_none(sent):
    boxes = objects_of(sent, model.collect(sent, {}))[0]
    assert [(each["label"], each["score"]) for each in boxes] == [
        ("helmet_head", None),
        ("no_helmet_head", None),
    ]


def test_each_class_may_have_a_threshold_of_its_own(sent):
    strict = said(sent, per_class={"no_helmet_head": 0.9})
    assert next(iter(strict.values())) == (REJECTED, "the model is unsure: no_helmet_head 0.85")
    lax = model.collect(sent, {"per_class": {"no_helmet_head": 0.5}})
    assert balanced(sent, lax).labelled == 2


def test_a_score_that_is_the_threshold_is_enough(tmp_path):
    one = found(batch(tmp_path, count=1), [scored(0.8)])
    assert balanced(one, model.collect(one, {"threshold": 0.8})).labelled == 1
    unsure = found(batch(tmp_path, count=1), [scored(0.9), scored(0.3)])
    assert balanced(unsure, model.collect(unsure, {"unsure": 0.3})).rejected == 1


def test_an_image_without_anything_may_be_kept_as_a_negative_one(sent):
    kept = model.collect(sent, {"empty": "keep"})
    assert balanced(sent, kept) == Balance(sent=3, labelled=1, empty=1, rejected=1)


def test_a_model_never_corrects_people(sent):
    rows = [{**row, "objects": [box()]} for row in sent.images.to_dicts()]
    known = replace(sent, images=pl.concat([table(rows[:1]), sent.images.tail(2)]))
    first = said(known)[sent.images["image"][0]]
    assert first == (REJECTED, "people have labelled it")


def test_an_image_that_the_model_was_not_asked_about_is_rejected(sent):
    some = replace(sent, suggested=sent.suggested.head(2))
    assert said(some)[sent.images["image"][2]] == (REJECTED, "the model was not asked about it")
    kept = model.collect(some, {"empty": "keep"})
    assert balanced(some, kept).empty == 0


def test_where_no_model_was_asked_at_all_nothing_is_made_up(tmp_path):
    with pytest.raises(DataError, match="no model was asked about the images of `helmet-r2`"):
        model.send(batch(tmp_path), {})
    with pytest.raises(DataError, match="no model was asked"):
        model.collect(batch(tmp_path), {})


def test_a_batch_of_images_that_people_labelled_needs_no_model(sent):
    rows = table({**row, "objects": [box()]} for row in sent.images.to_dicts())
    known = replace(sent, images=rows, suggested=sent.suggested.clear())
    assert model.send(known, {}) == {"images": 3}
    assert balanced(known, model.collect(known, {})).rejected == 3


def test_boxes_of_classes_that_nobody_asks_for_are_left_out(tmp_path):
    one = found(batch(tmp_path, count=1), [scored(0.9), scored(0.5, "dog")])
    assert [each["label"] for each in objects_of(one, model.collect(one, {}))[0]] == ["helmet_head"]


def test_an_image_that_goes_out_twice_is_answered_twice(sent):
    twice = replace(sent, twice=(sent.images["image"][0],))
    counted = balanced(twice, model.collect(twice, {}))
    assert (counted.reviews, counted.reviewed) == (1, 1)


def test_nothing_is_handed_out_and_nobody_is_waited_for(sent):
    before = files(sent.workspace)
    assert model.send(sent, {}) == {"images": 3}
    assert files(sent.workspace) == before


def test_a_threshold_of_a_class_that_is_none_of_the_batch_is_named_before_anything_runs(sent):
    with pytest.raises(DataError, match="names `helmet`, which is no class") as error:
        model.send(sent, {"per_class": {"helmet": 0.9}})
    assert "helmet_head" in error.value.hint
    model.send(sent, {"per_class": {"HEAD": 0.9}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": 0.5, "unsure": 0.6},
        {"per_class": {"helmet_head": 0.2}},
        {"per_class": {"helmet_head": 2}},
        {"empty": "maybe"},
        {"no_such_setting": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        tools.load("model").Settings.model_validate(wrong)
