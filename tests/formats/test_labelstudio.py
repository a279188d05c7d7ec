import json
from pathlib import Path

import numpy as np
import pytest

from tests.media.pictures import put
from ymir.errors import DataError
from ymir.formats import labelstudio as plugin


def region(kind="rectangle", labels=("cat",), **more):
    value = {
        "rectangle": {"x": 25, "y": 50, "width": 50, "height": 25, "rotation": 0},
        "polygon": {"points": [[0, 0], [50, 0], [50, 100]]},
        "ellipse": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 25},
        "brush": {"format": "rle"},
    }[kind]
    if labels is not None:
        value[f"{kind}labels"] = list(labels)
    size = {"original_width": 64, "original_height": 48, "image_rotation": 0}
    given = {key: more.pop(key) for key in list(more) if key in (*value, "rle", "rotation")}
    return {"id": "r", "type": f"{kind}labels", "value": {**value, **given}, **size, **more}


def answer(*results, **more):
    return {"result": list(results), "was_cancelled": False, **more}


def task(*annotations, image="a.jpg", number=1, **more):
    return {"id": number, "data": {"image": image}, "annotations": list(annotations), **more}


def read(folder: Path, *tasks, names=("a.jpg",)):
    for name in names:
        put(folder / name, b"")
    put(folder / "export.json", json.dumps(tasks))
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


def one(folder, result):
    found = read(folder, task(answer(result)))["a.jpg"]
    assert found.problem is None
    (thing,) = found.objects
    return found, thing


def sides(thing):
    return [thing[side] for side in "xywh"]


def test_percent_become_pixels(tmp_path):
    found, cat = one(tmp_path, region())
    assert cat == {"label": "cat", "x": 16, "y": 24, "w": 32, "h": 12}
    assert (found.declared, found.annotation) == ((64, 48), "export.json")


def test_a_polygon_is_its_mask_and_the_box_around_it(tmp_path):
    _, cat = one(tmp_path, region("polygon"))
    assert json.loads(cat["mask"]) == [[0, 0, 32, 0, 32, 48]]
    assert sides(cat) == [0, 0, 32, 48]


def test_a_turned_rectangle_becomes_its_polygon(tmp_path):
    # clockwise around the upper left corner: what was to the right is below
    _, cat = one(tmp_path, region(rotation=90, x=50, y=25, width=25, height=25))
    assert sides(cat) == pytest.approx([32 - 12, 12, 12, 16])
    assert json.loads(cat["mask"])[0] == pytest.approx([32, 12, 32, 28, 20, 28, 20, 12])


def test_an_ellipse_is_the_box_around_it(tmp_path):
    _, cat = one(tmp_path, region("ellipse"))
    assert sides(cat) == pytest.approx([32 - 6.4, 12, 12.8, 24])
    _, cat = one(tmp_path, region("ellipse", rotation=90))
    assert sides(cat) == pytest.approx([20, 24 - 6.4, 24, 12.8])


def painted(mask):
    """Brush strokes as Label Studio writes them: here every value is a run of its own."""
    values = np.repeat(mask.astype(np.uint8) * 255, 4)
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    at = 0
    while at < len(values):
        same = int(np.argmax(values[at:] != values[at])) or len(values) - at
        if at % 3:  # now and then the values one by one
            same = min(same, 7)
            bits += "0" + "00" + f"{same - 1:03b}" + f"{values[at]:08b}" * same
        else:
            same = min(same, 65536)
            bits += "1" + "11" + f"{same - 1:016b}" + f"{values[at]:08b}"
        at += same
    bits += "0" * (-len(bits) % 8)
    return [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]


def test_brush_strokes_become_runs_down_the_columns(tmp_path):
    mask = np.zeros((48, 64), dtype=bool)
    mask[10:13, 20:25] = True
    _, cat = one(tmp_path, region("brush", rle=painted(mask)))
    assert sides(cat) == [20, 10, 5, 3]
    runs = json.loads(cat["mask"])
    assert runs["size"] == [48, 64]
    assert runs["counts"] == [20 * 48 + 10, 3, 45, 3, 45, 3, 45, 3, 45, 3, 64 * 48 - 24 * 48 - 13]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/3/1a2b3c4d-a.jpg", "a.jpg"),
        ("/data/upload/3/1a2b3c4d-a.jpg", "images/1a2b3c4d-a.jpg"),
        ("/data/local-files/?d=images/day/a.jpg", "images/day/a.jpg"),
        ("/data/local-files/?d=other/images/a%20b.jpg", "images/a b.jpg"),
        ("s3://bucket/some/where/a.jpg", "where/a.jpg"),
        ("https://host.example/a%20b.png?token=1", "a b.png"),
        ("a.jpg", "images/a.jpg"),
        ("../../a.jpg", "a.jpg"),
        ("http://[broken/a.jpg", "a.jpg"),
    ],
)
def test_images_are_found_by_the_ends_of_their_addresses(tmp_path, address, name):
    found = read(tmp_path, task(answer(region()), image=address), names=[name])
    assert found[name].problem is None
    assert found[name].objects


def test_the_image_may_stand_under_any_key(tmp_path):
    put(tmp_path / "a.jpg", b"")
    photo = {**task(answer()), "data": {"text": "a cat", "photo": "/data/upload/1/a.jpg"}}
    assert read(tmp_path, photo)["a.jpg"].annotation == "export.json"


def test_an_answer_without_regions_is_an_empty_image(tmp_path):
    found = read(tmp_path, task(answer()))["a.jpg"]
    assert (found.objects, found.annotation, found.problem) == ([], "export.json", None)


def test_skipped_and_unanswered_tasks_are_not_empty(tmp_path):
    skipped = task({"result": [], "was_cancelled": True})
    waiting = task(image="b.jpg", number=2, drafts=[answer(region())])
    found = read(tmp_path, skipped, waiting, names=["a.jpg", "b.jpg", "c.jpg"])
    assert "task 1: it was skipped" in str(found["a.jpg"].problem)
    assert "task 2: it is not labelled yet" in str(found["b.jpg"].problem)
    assert found["c.jpg"].problem is None


def test_the_star_counts_and_else_the_newest_answer(tmp_path):
    old, new = (answer(region(labels=[name]), updated_at=name) for name in ("2024", "2025"))
    star = answer(region(labels=["star"]), updated_at="2020", ground_truth=True)
    gone = answer(region(labels=["gone"]), updated_at="2026")
    found = read(tmp_path, task(old, new, old, {**gone, "was_cancelled": True}))["a.jpg"]
    assert [each["label"] for each in found.objects] == ["2025"]
    assert found.ignored == {"answers of others": 2}
    found = read(tmp_path, task(new, star))["a.jpg"]
    assert [each["label"] for each in found.objects] == ["star"]


def test_predictions_are_read_where_there_is_nothing_else(tmp_path):
    guess = {"score": 0.25, "result": [region(score=0.5), region(id="s")]}
    found = read(tmp_path, task(predictions=[guess]))["a.jpg"]
    assert [each["score"] for each in found.objects] == [0.5, 0.25]
    found = read(tmp_path, task(answer(region(score=0.5)), predictions=[guess]))["a.jpg"]
    assert ["score" in each for each in found.objects] == [False]


def test_a_prediction_without_a_score_is_not_taken_for_a_label(tmp_path):
    found = read(tmp_path, task(predictions=[{"result": [region()]}]))["a.jpg"]
    assert "score is not numbers" in str(found.problem)


def test_choices_are_tags_and_attributes(tmp_path):
    light = {"id": "x", "type": "choices", "from_name": "light", "value": {"choices": ["dim"]}}
    hidden = {"id": "r", "type": "choices", "from_name": "hidden", "value": {"choices": ["half"]}}
    found = read(tmp_path, task(answer(region(), light, hidden)))["a.jpg"]
    assert found.tags == ({"key": "light", "value": "dim"},)
    assert found.objects[0]["attributes"] == [{"key": "hidden", "value": "half"}]


def test_shape_and_label_may_stand_apart(tmp_path):
    shape = {**region(labels=None), "type": "rectangle"}
    label = {**region(labels=None), "type": "labels"}
    label["value"] = {**label["value"], "labels": ["dog"]}
    found = read(tmp_path, task(answer(shape, label)))["a.jpg"]
    assert [each["label"] for each in found.objects] == ["dog"]


def test_what_a_dataset_has_no_place_for_is_counted(tmp_path):
    point = {"id": "p", "type": "keypointlabels", "value": {"x": 1, "keypointlabels": ["nose"]}}
    lost = {"id": "l", "type": "labels", "value": {"labels": ["word"]}}
    link = {"type": "relation", "from_id": "r", "to_id": "p"}
    found = read(tmp_path, task(answer(region(), point, link, lost)))["a.jpg"]
    kinds = ("keypointlabels", "relation", "labels")
    assert found.ignored == {f"`{kind}` of Label Studio": 1 for kind in kinds}
    assert len(found.objects) == 1


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (region(labels=[]), "a region has no label"),
        (region(labels=["a", "b"]), "a region has 2 labels"),
        (region(labels=[7]), "is no text"),
        (region(x="left"), "x, y, width, height is not numbers"),
        (region(x=None), "x, y, width, height is not numbers"),
        (region(rotation="a lot"), "rotation is not numbers"),
        (region(original_width=None), "`original_width`"),
        (region(original_width="wide"), "size is not numbers"),
        (region(original_width=-4), "`original_width`"),
        (region(image_rotation=90), "its image was turned"),
        (region("polygon", points=[[1, 2], [3, 4]]), "has 4 numbers"),
        (region("polygon", points=[[1, 2], [3]]), "point is not 2 numbers"),
        (region("polygon", points="here"), "empty polygon"),
        (region("brush", rle=[1, 2, 3]), "brush strokes cannot be read"),
        (region("brush", rle=[999]), "brush strokes cannot be read"),
        (region("brush", rle=[255] * 99), "not those of an image of this size"),
        (region("brush", rle=painted(np.zeros((48, 64)))), "brush strokes are empty"),
    ],
)
def test_a_region_that_cannot_be_used_says_why(tmp_path, result, why):
    problem = read(tmp_path, task(answer(result), number=12))["a.jpg"].problem
    assert str(problem).startswith("`export.json`: task 12: ")
    assert why in str(problem)


@pytest.mark.parametrize(
    ("entry", "called", "why"),
    [
        (task(answer(), image="b.jpg"), "export.json: task 1", "no file of this name"),
        ({"id": 1, "data": {"text": "hi"}}, "export.json: task 1", "names no jpg or png"),
        (
            task(answer(region(), region(id="s", original_width=9))),
            "a.jpg",
            "images of different sizes",
        ),
        ({**task(), "annotations": 3}, "a.jpg", "its answers are no list"),
        ({**task(), "annotations": [3]}, "a.jpg", "its answers are no list"),
        (task(answer(3)), "a.jpg", "its answers are no list"),
    ],
)
def test_a_task_that_cannot_be_used_says_why(tmp_path, entry, called, why):
    assert why in str(read(tmp_path, entry)[called].problem)


def test_an_image_of_two_tasks_is_a_mistake(tmp_path):
    found = read(tmp_path, task(answer()), task(answer(), number=2))["a.jpg"]
    assert "two tasks have this image" in str(found.problem)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[" * 100_000, "cannot be read"),
        ('[{"data": 1e999}]', "cannot be read"),
        ('[{"image": "a.jpg", "label": []}]', "is no export of Label Studio"),
        ("3", "is no export of Label Studio"),
    ],
)
def test_a_file_that_is_no_export_stops_everything(tmp_path, content, why):
    put(tmp_path / "export.json", content)
    with pytest.raises(DataError, match=why):
        list(plugin.read(plugin.listing(tmp_path)))


def test_a_folder_without_an_export_is_no_dataset_of_label_studio(tmp_path):
    put(tmp_path / "a.jpg", b"")
    with pytest.raises(DataError, match="no JSON file"):
        list(plugin.read(plugin.listing(tmp_path)))
