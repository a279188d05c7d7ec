"""Every box that came, went or was changed is told, once."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import tables
from ymir.data.diff import CHANGES, OVERLAP, as_data, diff, relabelled
from ymir.data.table import table


def box(label="cat", x=10.0, y=10.0, w=20.0, h=20.0, **more):
    return {"label": label, "x": float(x), "y": y, "w": w, "h": h, **more}


def images(**rows):
    """`a=[box(), …]`: an image `a` with these boxes."""
    return table(
        {"image": name, "file": f"{name}.jpg", "objects": each} for name, each in rows.items()
    )


def changes(old, new):
    found = diff(images(a=old), images(a=new)).boxes
    return found.select("change", "was_label", "label").rows()


CASES = {
    "nothing": ([box()], [box()], []),
    "added": ([box()], [box(), box("dog", 60)], [("added", None, "dog")]),
    "removed": ([box(), box("dog", 60)], [box()], [("removed", "dog", None)]),
    "moved": ([box()], [box(x=12)], [("moved", "cat", "cat")]),
    "relabelled": ([box()], [box("dog")], [("relabelled", "cat", "dog")]),
    "moved and relabelled": ([box()], [box("dog", x=12)], [("relabelled", "cat", "dog")]),
    "edited": ([box(score=0.5)], [box(score=0.6)], [("edited", "cat", "cat")]),
    "crowd": ([box()], [box(crowd=True)], [("edited", "cat", "cat")]),
    "attribute": (
        [box()],
        [box(attributes=[{"key": "a", "value": "b"}])],
        [("edited", "cat", "cat")],
    ),
    "mask": ([box(mask="[[1,2,3,4,5,6]]")], [box()], [("edited", "cat", "cat")]),
    "in another order": ([box(), box("dog", 60)], [box("dog", 60), box()], []),
    "one of two copies goes": ([box(), box()], [box()], [("removed", "cat", None)]),
    "too far to be the same": (
        [box()],
        [box(x=18)],
        [("added", None, "cat"), ("removed", "cat", None)],
    ),
    "its own class first": (
        [box(), box("dog", 60)],
        [box(x=13), box("dog", x=10), box("dog", 60)],
        [("moved", "cat", "cat"), ("added", None, "dog")],
    ),
    "the nearest first": (
        [box()],
        [box(x=14), box(x=11)],
        [("added", None, "cat"), ("moved", "cat", "cat")],
    ),
    "all boxes of an image": (
        [box(), box("dog")],
        [],
        [("removed", "cat", None), ("removed", "dog", None)],
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), CASES.values(), ids=CASES)
def test_what_happened_to_a_box_is_said(old, new, said):
    assert sorted(changes(old, new), key=str) == sorted(said, key=str)


def test_a_changed_box_is_found_in_both_rows():
    old, new = (
        images(a=[box("dog", 60), box()]),
        images(a=[box("bird", 90), box("dog", 60), box(x=12)]),
    )
    moved = diff(old, new).boxes.filter(pl.col("change") == "moved").row(0, named=True)
    assert (moved["was_at"], moved["at"], moved["was_x"], moved["x"]) == (1, 2, 10, 12)
    assert moved["iou"] == pytest.approx(18 / 22)


def test_images_that_came_and_went_are_listed_with_their_boxes():
    found = diff(images(a=[box()], b=[]), images(b=[], c=[box(), box("dog")]))
    assert found.removed.rows() == [("a", "a.jpg", 1)]
    assert found.added.rows() == [("c", "c.jpg", 2)]
    assert (found.images, found.kept, found.changed) == ((2, 2), 1, 0)
    assert found.boxes.is_empty()


def test_other_tags_are_told_apart_from_other_boxes():
    light = [{"key": "light", "value": "night"}]
    old = table([{"image": "a", "file": "a.jpg"}, {"image": "b", "file": "b.jpg"}])
    new = table([{"image": "a", "file": "a.jpg", "tags": light}, {"image": "b", "file": "b.jpg"}])
    found = diff(old, new)
    assert found.retagged["image"].to_list() == ["a"]
    assert found.boxes.is_empty()
    assert not found.is_empty


def test_the_classes_that_became_others_are_counted():
    old = images(a=[box("cat", x) for x in (0, 40, 80)], b=[box("dog")])
    new = images(a=[box("dog", x) for x in (0, 40, 80)], b=[box("cat")])
    assert relabelled(diff(old, new)).rows() == [("cat", "dog", 3), ("dog", "cat", 1)]


def test_programs_are_told_everything():
    data = as_data(diff(images(a=[box()], b=[]), images(a=[box("dog")], c=[box()])))
    assert data["images"] == {
        "before": 2, "after": 2, "added": 1, "removed": 1, "kept": 1, "changed": 1, "retagged": 0,
    }  # fmt: skip
    assert data["boxes"] == {**dict.fromkeys(CHANGES, 0), "relabelled": 1}
    assert data["changes"][0]["was_label"] == "cat"
    assert data["added"] == [{"image": "c", "file": "c.jpg", "boxes": 1}]


@given(tables)
def test_a_table_does_not_differ_from_itself_in_any_order(images):
    turned = images.reverse().with_columns(pl.col("objects").list.reverse())
    assert diff(images, images).is_empty
    assert diff(images, turned).is_empty


@given(tables, tables)
def test_what_each_class_gained_and_lost_balances(old, new):
    found = diff(old, new)
    for row in found.per_class.to_dicts():
        came = row["in_added_images"] + row["added"] + row["relabelled_to"]
        went = row["in_removed_images"] + row["removed"] + row["relabelled_from"]
        assert row["after"] == row["before"] + came - went
    assert sum(found.counts.values()) == found.boxes.height


@given(tables, tables)
def test_the_other_way_round_what_came_has_gone(old, new):
    there, back = diff(old, new), diff(new, old)
    mirrored = {"added": "removed", "removed": "added"}
    for change in CHANGES:
        assert there.counts[change] == back.counts[mirrored.get(change, change)]
    assert there.added["image"].to_list() == back.removed["image"].to_list()


places = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(4, 9), st.integers(4, 9))
scenes = st.lists(st.tuples(st.sampled_from("ab"), places), max_size=7)


@settings(max_examples=200, deadline=None)
@given(scenes, scenes)
def test_partners_are_those_of_a_greedy_choice(before, after):
    old = [box(label, *map(float, place)) for label, place in before]
    new = [box(label, *map(float, place)) for label, place in after]
    found = diff(images(a=old), images(a=new)).boxes.filter(pl.col("iou").is_not_null())
    assert sorted(found["iou"].to_list()) == pytest.approx(sorted(greedy(before, after)))


def greedy(before, after):
    """The same choice, one pair at a time."""
    left, right = list(before), list(after)
    for each in before:
        if each in right:
            left.remove(each)
            right.remove(each)
    pairs = [
        (one[0] == other[0], iou(one[1], other[1]), -at, -was)
        for (was, one), (at, other) in product(enumerate(left), enumerate(right))
    ]
    taken, used, gone = [], set(), set()
    for _, overlap, at, was in sorted(pairs, reverse=True):
        if overlap >= OVERLAP and at not in used and was not in gone:
            used.add(at)
            gone.add(was)
            taken.append(overlap)
    return taken


def iou(one, other):
    (x, y, w, h), (x2, y2, w2, h2) = one, other
    wide = max(0, min(x + w, x2 + w2) - max(x, x2))
    high = max(0, min(y + h, y2 + h2) - max(y, y2))
    return wide * high / (w * h + w2 * h2 - wide * high)


def test_what_a_format_rounds_away_is_no_change():
    box = {"label": "cat", "x": 10.0, "y": 10.0, "w": 20.0, "h": 20.0}
    old = table([{"image": "a" * 32, "file": "a.jpg", "objects": [box]}])
    near = table([{"image": "a" * 32, "file": "a.jpg", "objects": [{**box, "x": 10.04}]}])
    far = table([{"image": "a" * 32, "file": "a.jpg", "objects": [{**box, "x": 10.1}]}])
    assert diff(old, near).boxes.is_empty()
    assert diff(old, far).boxes["change"].to_list() == ["moved"]
    scored = table([{"image": "a" * 32, "file": "a.jpg", "objects": [{**box, "score": 0.5}]}])
    assert diff(old, scored).boxes["change"].to_list() == ["edited"]
