"""What people's answers make of boxes that were there before."""

from ymir.data.corrections import corrected, replaced
from ymir.data.table import table

LABELS = ("cat", "dog")
MASKED = {"label": "cat", "x": 1.4, "y": 1.4, "w": 5.2, "h": 5.2, "mask": "[[1]]"}


def box(label: str = "cat", at: float = 1.0, **more: object) -> dict[str, object]:
    return {"label": label, "x": float(at), "y": float(at), "w": 5.0, "h": 5.0, **more}


def objects(before: list[dict], answer: list[dict]) -> list[dict]:
    was = table([{"image": "a", "objects": before}])
    said = table([{"image": "a", "objects": answer}])
    found = corrected(was, said, labels=LABELS)
    assert found.columns == ["image", "objects"]
    assert found.schema["objects"] == was.schema["objects"]
    return found["objects"][0].to_list()


def short(found: list[dict]) -> list[tuple[str, float]]:
    return [(each["label"], round(each["x"], 3)) for each in found]


def test_a_box_that_came_back_rounded_stays_as_it_was_with_all_that_is_known_of_it() -> None:
    (kept,) = objects([MASKED], [box(at=1)])
    assert (round(kept["x"], 3), kept["mask"]) == (1.4, "[[1]]")


def test_a_box_that_was_moved_added_or_renamed_is_as_people_said() -> None:
    found = objects([MASKED, box("dog", 20)], [box(at=8), box("cat", 20), box("dog", 40)])
    assert short(found) == [("cat", 8.0), ("cat", 20.0), ("dog", 40.0)]
    assert [each["mask"] for each in found] == [None, None, None]


def test_a_box_that_is_missing_in_the_answer_is_gone() -> None:
    assert objects([box(), box("dog", 20)], []) == []


def test_boxes_of_classes_that_nobody_asked_for_stay() -> None:
    found = objects([box("bird", 3, mask="[]"), box()], [box(at=9)])
    assert short(found) == [("cat", 9.0), ("bird", 3.0)]
    assert found[1]["mask"] == "[]"


def test_a_box_of_another_class_that_comes_back_is_there_once() -> None:
    assert short(objects([box("bird", 3)], [box("bird", 3)])) == [("bird", 3.0)]


def test_of_two_equal_boxes_each_stands_for_one() -> None:
    assert len(objects([box(), box()], [box()])) == 1
    assert len(objects([box()], [box(), box()])) == 2
    assert len(objects([box(), box()], [box(), box()])) == 2


def test_images_without_an_answer_are_not_in_the_result() -> None:
    before = table([{"image": "a", "objects": [box()]}, {"image": "b", "objects": [box()]}])
    answers = table([{"image": "b", "objects": []}])
    found = corrected(before, answers, labels=LABELS)
    assert found.rows() == [("b", [])]
    images = replaced(before, found)
    assert images["image"].to_list() == ["a", "b"]
    assert images["objects"].list.len().to_list() == [1, 0]
    assert replaced(images, found).equals(images)


def test_nothing_makes_nothing() -> None:
    nothing = table([])
    assert corrected(nothing, nothing, labels=LABELS).is_empty()
    assert replaced(nothing, nothing).equals(nothing)
