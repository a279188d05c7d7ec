import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ymir.data.intake import BOXES, FOUND, checked, take_in, together
from ymir.data.table import check, objects_of

LABELS = {"cat": "cat", "kitten": "cat", "dog": "dog"}


def found(*images):
    full = [
        {
            "file": f"{number}.jpg", "annotation": f"{number}.xml", "image": f"{number:032}",
            "width": 64, "height": 48, "bytes": 9, "format": "jpg", "tags": [], **each,
        }
        for number, each in enumerate(images)
    ]  # fmt: skip
    return pl.DataFrame(full, schema=FOUND)


def boxes(*rows):
    plain = {"row": 0, "label": "cat", "x": 1, "y": 1, "w": 5, "h": 5, "crowd": False}
    return pl.DataFrame([{**plain, "attributes": [], **row} for row in rows], schema=BOXES)


def intake(images, *rows, unknown="stop"):
    return take_in(found(*images), boxes(*rows), labels=LABELS, unknown=unknown)


def test_aliases_become_the_primary_name_whatever_their_case():
    result = intake([{}], {"label": " Kitten "}, {"label": "DOG"})
    assert objects_of(result.images)["label"].to_list() == ["cat", "dog"]
    assert not result.rejected.height


def test_unknown_labels_are_rejected_dropped_or_added():
    for unknown, kinds, left in (
        ("stop", ["label"], 1),
        ("ignore", ["ignored"], 1),
        ("add", [], 2),
    ):
        result = intake([{}], {"label": "Hat"}, {}, unknown=unknown)
        assert result.rejected["kind"].to_list() == kinds
        assert result.balance["boxes"]["kept"] == left
    assert "hat" in objects_of(result.images)["label"].to_list()


def test_a_box_that_stands_out_a_little_is_cut_and_counted():
    result = intake([{}], {"x": -0.5, "w": 5}, {"x": 60, "w": 5}, {})
    assert objects_of(result.images).select("x", "w").rows() == [(0, 4.5), (60, 4), (1, 5)]
    assert result.balance["boxes"]["cut"] == 2


def test_boxes_that_cannot_be_meant_are_rejected_with_their_numbers():
    nan, inf = float("nan"), float("inf")
    wrong = [{"x": 62, "w": 30}, {"w": -3}, {"h": 0}, {"y": nan}, {"w": inf}, {"x": 64.5, "w": 0.5}]
    result = intake([{}], *wrong, {})
    reasons = result.rejected["reason"].to_list()
    assert len(reasons) == 6
    assert (
        reasons[0]
        == "a box of `cat` (x 62.0, y 1.0, w 30.0, h 5.0) lies outside the image of 64x48"
    )
    assert "inverted or empty" in reasons[1]
    assert "not finite" in reasons[3]
    assert result.balance["boxes"] == {"in": 7, "kept": 1, "merged": 0, "rejected": 6, "cut": 0}


def test_an_annotation_of_another_image_is_noticed():
    result = intake([{"declared_width": 640, "declared_height": 48}], {})
    assert result.rejected["reason"].to_list() == [
        "`0.xml` says 640x48 pixels, but the image has 64x48"
    ]
    assert result.balance["boxes"]["rejected"] == 1


def test_copies_that_agree_are_one_image():
    same = {"image": "f" * 32}
    result = intake([same, same], {"row": 0}, {"row": 0, "x": 9}, {"row": 1, "x": 9}, {"row": 1})
    assert result.images["file"].to_list() == ["0.jpg"]
    assert result.balance["images"] == {"in": 2, "kept": 1, "merged": 1, "rejected": 0}
    assert result.balance["boxes"]["merged"] == 2


def test_a_copy_that_nothing_is_said_of_gives_way():
    same = {"image": "f" * 32}
    result = intake([{**same, "annotation": None}, same], {"row": 1})
    assert result.images["file"].to_list() == ["1.jpg"]
    assert result.balance["images"]["merged"] == 1


def test_copies_that_disagree_are_all_rejected_with_both_names():
    same = {"image": "f" * 32}
    result = intake([same, same, {}], {"row": 0}, {"row": 1, "x": 9})
    assert result.images["file"].to_list() == ["2.jpg"]
    assert (
        result.rejected["reason"].to_list()
        == ["`0.jpg` and `1.jpg` are the same image, labelled differently"] * 2
    )


sides = st.sampled_from([-30.0, -0.5, 0.0, 1.0, 47.0, 64.2, float("nan")])
rows = st.fixed_dictionaries(
    {
        "row": st.integers(0, 3), "x": sides, "y": sides, "w": sides, "h": sides,
        "label": st.sampled_from(["cat", "Kitten", "hat"]),
    }
)  # fmt: skip
pictures = st.fixed_dictionaries(
    {
        "image": st.sampled_from(["a" * 32, "b" * 32, "c" * 32]),
        "annotation": st.sampled_from([None, "x.xml"]),
        "problem": st.sampled_from([None, None, None, "broken"]),
        "declared_width": st.sampled_from([None, 64, 65]),
        "declared_height": st.just(48),
    }
)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(pictures, min_size=4, max_size=4),
    st.lists(rows, max_size=8).map(lambda all_rows: sorted(all_rows, key=lambda row: row["row"])),
    st.sampled_from(["stop", "ignore", "add"]),
)
def test_everything_is_accounted_for_and_every_box_lies_in_its_image(images, drawn, unknown):
    result = intake(images, *drawn, unknown=unknown)
    check(result.images)
    for items in result.balance.values():
        assert items["in"] == items["kept"] + items["merged"] + items["rejected"]
    for box in objects_of(result.images).to_dicts():
        assert 0 <= box["x"] < box["x"] + box["w"] <= 64
        assert 0 <= box["y"] < box["y"] + box["h"] <= 48


@settings(deadline=None, max_examples=20)
@given(st.lists(pictures, min_size=4, max_size=4), st.lists(rows, max_size=8))
def test_an_import_in_parts_is_the_same_as_at_once(images, drawn):
    drawn = sorted(drawn, key=lambda row: row["row"])
    whole, all_boxes = found(*images), boxes(*drawn)
    settings = {"labels": LABELS, "unknown": "stop"}
    first = checked(whole.head(2), all_boxes.filter(pl.col("row") < 2), **settings)
    rest = all_boxes.filter(pl.col("row") >= 2).with_columns(pl.col("row") - 2)
    parts = together([first, checked(whole.slice(2), rest, **settings)])
    at_once = take_in(whole, all_boxes, **settings)
    assert parts.images.equals(at_once.images)
    assert parts.balance == at_once.balance


def test_labels_have_no_scores_and_predictions_have_one():
    rows = [{}, {"score": 0.4}, {"score": 1.5}, {"score": float("nan")}]
    sides = {"labels": [0], "predictions": [1]}
    for holds, kept in sides.items():
        settings = {"labels": LABELS, "unknown": "stop", "holds": holds}
        result = take_in(found({}), boxes(*rows), **settings)
        assert result.balance["boxes"]["kept"] == len(kept)
        assert set(result.rejected["kind"]) == {"box"}
        sound = take_in(found({}), boxes(*(rows[at] for at in kept)), **settings)
        assert not sound.rejected.height


def test_predictions_are_never_mistaken_for_labels_nor_labels_for_predictions():
    settings = {"labels": LABELS, "unknown": "stop"}
    scored = take_in(found({}), boxes({"score": 0.5}), **settings)
    assert scored.rejected["reason"].to_list() == [
        "a box of `cat` has a score: these are predictions; say `holds: predictions`"
    ]
    both = boxes({}, {"score": 7.0})
    unscored = take_in(found({}), both, **settings, holds="predictions")
    assert unscored.rejected["reason"].to_list() == [
        "a box of `cat` has no score: these are no predictions; say `holds: labels`",
        "a box of `cat` has the score 7.0, which is not in 0 to 1",
    ]
