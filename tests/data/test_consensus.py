"""Which labels count where several people answered for one image."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.answered import answers, drawn
from ymir.data.answers import chosen
from ymir.data.consensus import counting

ANN, BOB, CAT = {"by": "ann", "at": "1"}, {"by": "bob", "at": "2"}, {"by": "cat", "at": "3"}


def counted(choose, *rows):
    """Image -> its boxes, each as a label and four sides."""
    found = counting(answers(*rows), choose)
    return {
        image: [(o["label"], o["x"], o["y"], o["w"], o["h"]) for o in objects]
        for image, objects in found.iter_rows()
    }


def test_the_newest_answer_counts_unless_one_has_a_star():
    rows = (("a", [drawn(x=1)], ANN), ("a", [drawn(x=2)], BOB))
    assert counted("latest", *rows) == {"a": [("cat", 2, 0, 10, 10)]}
    starred = (("a", [drawn(x=1)], {**ANN, "star": True}), rows[1])
    for choose in ("latest", "agree", "all"):
        assert counted(choose, *starred) == {"a": [("cat", 1, 0, 10, 10)]}


def test_a_box_that_most_people_drew_counts_in_the_middle_of_theirs():
    rows = (
        ("a", [drawn(x=0), drawn(x=50)], ANN),
        ("a", [drawn(x=1)], BOB),
        ("a", [drawn(x=2), drawn("dog", x=50)], CAT),
    )
    assert counted("agree", *rows) == {"a": [("cat", 1, 0, 10, 10)]}


def test_of_two_people_both_must_have_drawn_a_box():
    rows = (("a", [drawn()], ANN), ("a", [], BOB))
    assert counted("agree", *rows) == {"a": []}
    assert counted("all", *rows) == {"a": [("cat", 0, 0, 10, 10)]}


def test_every_box_that_anybody_drew_counts_once():
    rows = (("a", [drawn(x=0), drawn("dog", x=0)], ANN), ("a", [drawn(x=2), drawn(x=50)], BOB))
    assert sorted(counted("all", *rows)["a"]) == [
        ("cat", 2, 0, 10, 10),
        ("cat", 50, 0, 10, 10),
        ("dog", 0, 0, 10, 10),
    ]


def test_two_boxes_of_one_person_are_never_one_object():
    rows = (("a", [drawn(x=0), drawn(x=1)], ANN), ("a", [drawn(x=0)], BOB))
    assert len(counted("all", *rows)["a"]) == 2
    assert len(counted("agree", *rows)["a"]) == 1


def test_a_box_half_over_another_is_the_same_one_and_less_is_not():
    rows = (("a", [drawn(w=10)], ANN), ("a", [drawn(w=20)], BOB))
    assert counted("agree", *rows) == {"a": [("cat", 0, 0, 15, 10)]}
    far = (("a", [drawn(w=10)], ANN), ("a", [drawn(w=21)], BOB))
    assert counted("agree", *far) == {"a": []}


def test_masks_attributes_and_crowds_are_the_newest_answers():
    mask = "[[0, 0, 10, 0, 10, 10]]"
    blue = [{"key": "colour", "value": "blue"}]
    rows = (
        ("a", [drawn(x=0, attributes=[]), drawn(x=50), drawn("dog", crowd=True)], ANN),
        ("a", [drawn(x=2, attributes=blue), drawn(x=52, mask=mask), drawn("dog")], BOB),
    )
    kept = counting(answers(*rows), "agree")["objects"].to_list()[0]
    assert [(o["label"], o["x"], o["mask"], o["attributes"]) for o in kept] == [
        ("cat", 1, None, blue),
        ("cat", 52, mask, []),
    ]


def test_what_was_skipped_or_rejected_has_no_vote():
    rows = (("a", [drawn()], ANN), ("a", [], {**BOB, "state": "skipped"}))
    assert counted("agree", *rows) == {"a": [("cat", 0, 0, 10, 10)]}


@pytest.mark.parametrize("choose", ["agree", "all"])
def test_boxes_without_an_area_do_no_harm(choose):
    rows = (("a", [drawn(w=0)], ANN), ("a", [drawn(w=0)], BOB))
    assert len(counted(choose, *rows)["a"]) == (2 if choose == "all" else 0)


BOXES = st.lists(
    st.builds(drawn, st.sampled_from(["cat", "dog"]), *[st.integers(0, 20).map(float)] * 2),
    max_size=4,
)


@given(st.lists(BOXES, min_size=1, max_size=4))
def test_every_way_to_choose_labels_the_same_images(said):
    rows = answers(*(("a", objects, {"at": str(n)}) for n, objects in enumerate(said)))
    newest = chosen(rows)
    for choose in ("agree", "all"):
        found = counting(rows, choose)
        assert found.schema == newest.schema
        assert found["image"].to_list() == ["a"]
    agreed, every = (counting(rows, each)["objects"].list.len()[0] for each in ("agree", "all"))
    assert agreed <= every <= sum(map(len, said))
    assert every >= max(map(len, said))


@given(BOXES)
def test_people_who_draw_alike_are_taken_at_their_word(objects):
    rows = answers(("a", objects, ANN), ("a", objects, BOB))
    for choose in ("agree", "all"):
        kept = counting(rows, choose)["objects"].to_list()[0]
        assert sorted(map(str, kept)) == sorted(map(str, chosen(rows)["objects"].to_list()[0]))


def test_no_answers_are_no_labels():
    assert counting(answers(), "agree").equals(pl.DataFrame(schema=chosen(answers()).schema))
