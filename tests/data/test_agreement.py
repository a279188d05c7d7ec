"""How far people agree who answered for the same images."""

from tests.data.answered import answers, drawn
from ymir.data.agreement import Agreement, agreement, agreements

ANN, BOB = {"by": "ann"}, {"by": "bob", "copy": 2}


def test_nothing_is_known_where_nothing_was_labelled_twice():
    once = answers(("a", [drawn()], ANN), ("b", [], BOB), ("a", [], {**BOB, "state": "skipped"}))
    assert agreement(once) is None
    assert agreements(once) == {}


def test_what_both_drew_counts_twice_among_all_boxes():
    found = agreement(
        answers(
            ("a", [drawn(), drawn("dog", x=50)], ANN),
            ("a", [drawn(w=8)], BOB),
            ("b", [], ANN),
            ("b", [], BOB),
        )
    )
    assert found == Agreement(images=2, boxes=3, f1=0.6667, iou=0.8)


def test_people_who_both_see_nothing_agree():
    found = agreement(answers(("a", [], ANN), ("a", [], BOB)))
    assert found == Agreement(images=1, boxes=0, f1=1.0, iou=None)


def test_another_class_is_another_object():
    found = agreement(answers(("a", [drawn("cat")], ANN), ("a", [drawn("dog")], BOB)))
    assert found == Agreement(images=1, boxes=2, f1=0.0, iou=None)


def test_agreement_is_told_for_each_two_people_and_for_one_who_answered_twice():
    rows = answers(
        ("a", [drawn()], BOB),
        ("a", [drawn()], ANN),
        ("b", [drawn()], ANN),
        ("b", [], {**ANN, "copy": 2}),
        ("c", [drawn()], {"by": None}),
        ("c", [drawn()], {"by": None, "copy": 2}),
    )
    assert {people: each.f1 for people, each in agreements(rows).items()} == {
        ("ann", "ann"): 0.0,
        ("ann", "bob"): 1.0,
    }
    assert agreement(rows).images == 3
