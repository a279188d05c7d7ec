import re
from dataclasses import replace

import polars as pl
import pytest

from tests.labeling.batches import balanced, batch, box
from ymir.answers.names import numbered
from ymir.answers.rows import Mistake, Said, filled, refuse, taken
from ymir.contracts.labeling import Answers
from ymir.data.answers import ANSWERS, LABELLED, REJECTED, SKIPPED
from ymir.data.balance import Balance
from ymir.errors import DataError


@pytest.fixture
def sent(tmp_path):
    return batch(tmp_path)


def images(sent):
    return sent.images["image"].to_list()


def sides(objects):
    return [tuple(each[side] for side in "xywh") for each in objects]


def test_answers_become_rows_in_their_order_with_all_that_is_known_of_them(sent):
    one, two, three = images(sent)
    came = taken(
        sent,
        [
            Said(three, "task 3", [box("HEAD")], by="ann", at="2026-11-23T10:00:00Z", seconds=3.5),
            Said(one, "task 1", copy=2, star=True),
            Said(two, "task 2", state=SKIPPED),
            Said(two, "task 2", state=REJECTED, why="it is upside down"),
            Said(three, "task 3", [box()], by="ben"),
        ],
    )
    assert came.mistakes == ()
    assert came.rows.drop("source").schema == ANSWERS
    known = came.rows.select("image", "copy", "state", "by", "seconds", "star", "why")
    assert known.rows() == [
        (three, 1, LABELLED, "ann", 3.5, False, None),
        (one, 2, LABELLED, None, None, True, None),
        (two, 1, SKIPPED, None, None, False, None),
        (two, 1, REJECTED, None, None, False, "it is upside down"),
        (three, 1, LABELLED, "ben", None, False, None),
    ]
    assert came.rows["objects"][0][0]["label"] == "no_helmet_head"


def test_boxes_may_be_shares_of_the_image_and_lose_their_scores(sent):
    whole = {"label": "helmet_head", "x": 0.5, "y": 0.5, "w": 0.5, "h": 0.5, "score": 0.9}
    came = taken(sent, [Said(images(sent)[0], "task 1", [whole], is_relative=True)])
    assert sides(came.rows["objects"][0]) == [(30, 20, 30, 20)]
    assert came.rows["objects"][0][0]["score"] is None


def test_a_box_a_little_over_the_edge_is_cut(sent):
    came = taken(sent, [Said(images(sent)[0], "task 1", [box(at=(-0.5, 0), size=(61, 40.5))])])
    assert sides(came.rows["objects"][0]) == [(0, 0, 60, 40)]


def test_every_mistake_names_its_source_and_the_sound_answers_remain(sent):
    one, two, three = images(sent)
    came = taken(
        sent,
        [
            Said(one, "task 1 of ann", [box("hat"), box(at=(500, 0))]),
            Said("f" * 32, "task 9"),
            Said(two, "task 2", problem="its picture was turned"),
            Said(two, "task 2", declared=(6, 4)),
            Said(three, "task 3", [box()]),
        ],
    )
    assert [mistake.source for mistake in came.mistakes] == [
        "task 1 of ann", "task 1 of ann", "task 9", "task 2", "task 2",
    ]  # fmt: skip
    told = "\n".join(mistake.why for mistake in came.mistakes)
    for part in ("label `hat`", "outside", "not an image of this batch", "turned", "says 6x4"):
        assert part in told
    assert came.rows["source"].to_list() == ["task 3"]


def test_no_answers_are_a_table_too(sent):
    assert taken(sent, []).rows.drop("source").schema == ANSWERS
    assert filled(sent.images.clear().select("image")).schema == ANSWERS


def test_what_is_not_known_of_an_answer_is_filled_in(sent):
    rows = filled(sent.images.select("image", "objects"))
    assert rows.schema == ANSWERS
    assert set(rows["state"]) == {LABELLED}
    assert set(rows["copy"]) == {1}


def test_all_mistakes_are_told_at_once_but_not_thousands_of_lines(sent):
    refuse([], "nothing", "")
    with pytest.raises(DataError, match=r"(?m)answers cannot be used:\n  a: b$") as error:
        refuse([Mistake("a", "b"), Mistake("a", "b")], "answers", "mend it")
    assert error.value.hint == "mend it"
    with pytest.raises(DataError, match="and 900 more"):
        refuse([Mistake(f"task {at}", "b") for at in range(1000)], "answers", "")


def test_files_are_numbered_and_keep_what_is_left_of_their_names(sent):
    assert numbered(sent)["file"].to_list() == ["1-clip-2.jpg", "2-clip-1.jpg", "3-clip-0.jpg"]


def test_copies_come_last_and_nobody_sees_which_ones_they_are(sent):
    one, two, three = images(sent)
    files = numbered(replace(sent, twice=(two,)))
    assert files.select("image", "copy").rows() == [(one, 1), (two, 1), (three, 1), (two, 2)]
    assert all(re.fullmatch(r"[1-4]-[0-9a-f]{6}\.jpg", file) for file in files["file"])
    other = numbered(replace(sent, twice=(two,), key="another batch"))
    assert set(files["file"]).isdisjoint(other["file"])


def test_odd_names_become_plain(sent):
    odd = ["a/../b c.jpg", "b c.jpg", "ü" * 300 + ".jpg"]
    named = replace(sent, images=sent.images.with_columns(file=pl.Series(odd)))
    assert numbered(named)["file"].to_list() == ["1-b_c.jpg", "2-b_c.jpg", "3-_.jpg"]


def test_a_batch_with_every_answer_twice_is_done(sent):
    twice = replace(sent, twice=tuple(images(sent)))
    files = numbered(twice).select("image", "copy")
    said = [Said(image, "x", copy=copy) for image, copy in files.iter_rows()]
    rows = taken(twice, said).rows.drop("source")
    assert balanced(twice, Answers(rows)) == Balance(sent=3, empty=3, reviews=3, reviewed=3)
