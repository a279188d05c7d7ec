"""People answer in YOLO or with Label Studio's export, too; what a file is, its content says."""

import json

import pytest

from tests.labeling.batches import balanced, box, keeps_its_contract
from tests.labeling.drops import NAMES, boxes, drop, home, mistakes, voc
from ymir.data.answers import LABELLED, SKIPPED
from ymir.data.balance import Balance
from ymir.labeling import folder

HALF = "0 0.5 0.5 0.5 0.5\n"  # a box in the middle


def region(label="helmet_head", **more):
    """A rectangle that fills the upper left quarter of the image."""
    value = {"x": 0, "y": 0, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": [label]}
    return {
        "id": "r1", "type": "rectanglelabels", "from_name": "label", "to_name": "image",
        "original_width": 60, "original_height": 40, "image_rotation": 0,
        "value": {**value, **more},
    }  # fmt: skip


def annotation(*regions, at="2026-11-23T10:00:00Z", **more):
    return {"result": list(regions), "was_cancelled": False, "updated_at": at, **more}


def task(name, *annotations, **more):
    """A task about an image that was uploaded."""
    image = f"/data/upload/3/1a2b3c4d-{name}.jpg"
    return {"id": 7, "data": {"image": image}, "annotations": list(annotations), **more}


def rows(made):
    columns = ("state", "by", "at", "seconds", "star")
    return folder.collect(made, {}).rows.select(columns).rows()


def drop_yolo(made):
    drop(made, "annotations/classes.txt", "helmet_head\nHead\n")
    drop(made, f"annotations/{NAMES[0]}.txt", HALF)
    drop(made, f"annotations/{NAMES[1]}.txt", "")
    drop(made, f"annotations/{NAMES[2]}.txt", f"{HALF}1 0.25 0.25 0.5 0.5\n")


def test_yolo_keeps_the_contract(tmp_path):
    keeps_its_contract("folder", tmp_path, answer=drop_yolo)


def test_yolo_files_come_back_and_an_empty_one_is_a_negative(sent):
    drop_yolo(sent)
    assert boxes(sent) == [
        [("helmet_head", 15, 10, 30, 20)],
        [],
        [("helmet_head", 15, 10, 30, 20), ("no_helmet_head", 0, 0, 30, 20)],
    ]
    assert folder.done(sent.workspace, sent.name) == 3


def test_an_image_without_a_yolo_file_is_outstanding(sent):
    drop(sent, f"annotations/{NAMES[1]}.txt", "")
    assert balanced(sent, folder.collect(sent, {})) == Balance(sent=3, empty=1, outstanding=2)


def test_an_export_may_be_unpacked_as_it_is(sent):
    names = "names: {0: no_helmet_head, 1: helmet_head}\n"
    drop(sent, "annotations/export/data.yaml", names)
    drop(sent, f"annotations/export/labels/train/{NAMES[0]}.txt", HALF)
    drop(sent, f"annotations/more/Annotations/{NAMES[1]}.xml", voc(box()))
    assert boxes(sent)[:2] == [
        [("no_helmet_head", 15, 10, 30, 20)],
        [("helmet_head", 10, 10, 20, 10)],
    ]


def test_numbers_without_names_are_a_mistake_that_says_what_is_missing(sent):
    for name in NAMES:
        drop(sent, f"annotations/{name}.txt", HALF)
    told = mistakes(sent)
    assert len(told) == 1
    assert "put the `classes.txt` or `data.yaml` of your tool beside it" in told[0]


def test_the_classes_that_went_out_do_not_name_numbers_by_themselves(sent):
    """They may have changed since, and then the numbers would mean something else."""
    drop(sent, "labels/data.yaml", "names: [no_helmet_head, helmet_head]\n")
    drop(sent, f"labels/{NAMES[0]}.txt", HALF)
    assert boxes(sent)[0] == [("no_helmet_head", 15, 10, 30, 20)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("5 0.5 0.5 0.5 0.5", "there is no class 5"),
        ("0 15 10 30 20", "are they pixels?"),
        ("0 0.5 0.5", "it has 3 fields"),
        ("zero 0.5 0.5 0.5 0.5", "`zero` is not a number"),
        ("0 0.5 0.5 nan 0.5", "is not a number"),
    ],
)
def test_a_broken_yolo_line_is_named(sent, line, why):
    drop_yolo(sent)
    drop(sent, f"annotations/{NAMES[0]}.txt", f"{HALF}{line}\n")
    told = mistakes(sent)
    assert told[0].startswith(f"  annotations/{NAMES[0]}.txt (images/{NAMES[0]}.jpg): ")
    assert why in told[0]
    assert "line 2" in told[0]


def test_yolo_of_an_image_that_is_none_of_the_batch_is_a_mistake_and_a_note_is_not(sent):
    drop_yolo(sent)
    drop(sent, "annotations/notes.txt", "0 helmets were blue, otherwise 3 2 1")
    drop(sent, "annotations/train.txt", "images/1-clip-2.jpg\n")
    assert boxes(sent)[1] == []
    drop(sent, "annotations/9-clip-9.txt", HALF)
    assert "there is no image of this name" in mistakes(sent)[0]


def test_voc_and_yolo_must_not_contradict_each_other(sent):
    drop_yolo(sent)
    drop(sent, f"annotations/{NAMES[1]}.xml", voc(box()))
    told = mistakes(sent)
    assert f"annotations/{NAMES[1]}.xml" in told[0]
    assert f"annotations/{NAMES[1]}.txt" in told[0]
    assert "labelled differently" in told[0]


def test_label_studio_says_who_answered_when_and_for_how_long(sent):
    ann = {"completed_by": {"id": 1, "email": "ann@example.com"}, "lead_time": 3.5}
    drop(
        sent,
        "annotations/export.json",
        json.dumps([
            task(NAMES[0], annotation(region(), **ann)),
            task(NAMES[1], annotation(completed_by=2, ground_truth=True)),
            task(NAMES[2], {"was_cancelled": True, "result": [], "completed_by": 2}),
        ]),
    )  # fmt: skip
    assert rows(sent) == [
        (LABELLED, "ann@example.com", "2026-11-23T10:00:00Z", 3.5, False),
        (LABELLED, "2", "2026-11-23T10:00:00Z", None, True),
        (SKIPPED, "2", None, None, False),
    ]
    assert boxes(sent) == [[("helmet_head", 0, 0, 30, 20)], [], None]
    counted = balanced(sent, folder.collect(sent, {}))
    assert counted == Balance(sent=3, labelled=1, empty=1, skipped=1)
    assert folder.done(sent.workspace, sent.name) == 3


def test_drafts_and_predictions_are_no_answers(sent):
    guess = {"predictions": [{"result": [region()]}], "drafts": [{"result": [region()]}]}
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], **guess), task(NAMES[1])]))
    assert balanced(sent, folder.collect(sent, {})).outstanding == 3
    assert folder.done(sent.workspace, sent.name) == 0


def test_several_people_are_several_answers_and_the_newest_or_the_star_counts(sent):
    early = annotation(region("Head"), at="2026-11-23T09:00:00Z", completed_by=1)
    late = annotation(region(), at="2026-11-23T10:00:00Z", completed_by=2)
    star = {**early, "ground_truth": True}
    tasks = [task(NAMES[0], late, early), task(NAMES[1], late, star)]
    drop(sent, "annotations/a.json", json.dumps(tasks))
    found = [objects[0][0] for objects in boxes(sent)[:2]]
    assert found == ["helmet_head", "no_helmet_head"]
    assert folder.collect(sent, {}).rows.height == 4


def test_an_answer_that_two_exports_hold_is_one_answer_as_it_was_left(sent):
    early = annotation(region("Head"), at="2026-11-23T09:00:00Z", id=11)
    late = annotation(region(), at="2026-11-23T10:00:00Z", id=11)
    drop(sent, "annotations/b.json", json.dumps([task(NAMES[0], early)]))
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], late)]))
    assert folder.collect(sent, {}).rows.height == 1
    assert boxes(sent)[0][0][0] == "helmet_head"


def test_equal_ids_of_different_servers_are_different_answers(sent):
    ann, ben = (annotation(region(), id=1, completed_by=name) for name in ("ann", "ben"))
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], ann), task(NAMES[1], ann)]))
    drop(sent, "annotations/b.json", json.dumps([task(NAMES[0], ben)]))
    rows = folder.collect(sent, {}).rows
    assert sorted(rows["by"]) == ["ann", "ann", "ben"]
    assert rows["image"].n_unique() == 2


def test_a_turned_or_drawn_shape_becomes_the_box_around_it(sent):
    turned = region(x=50, y=0, width=20, height=20, rotation=90)
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], annotation(turned))]))
    assert boxes(sent)[0] == [("helmet_head", pytest.approx(22), 0, pytest.approx(8), 12)]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (annotation(region("dog"), completed_by=3), "of 3: label `dog` is not in `Labels`"),
        (annotation(region(x=200)), "lies outside the image"),
        (annotation({**region(), "original_width": 600}), "says 600x40 pixels"),
        (annotation({**region(), "image_rotation": 90}), "its image was turned"),
        (annotation(region(rectanglelabels=[])), "a region has no label"),
        (annotation(region(rectanglelabels=["Head", "helmet_head"])), "a region has 2 labels"),
        (annotation({**region(keypointlabels=["Head"]), "type": "keypointlabels"}), "no box"),
        ({"result": "none"}, "its answers are no list"),
    ],
)
def test_a_mistake_in_label_studio_names_its_task(sent, given, why):
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], given)]))
    told = mistakes(sent)
    assert told[0].startswith("  annotations/a.json: task 7")
    assert why in told[0]


def test_a_task_about_another_image_is_a_mistake_if_it_has_an_answer(sent):
    drop(sent, "annotations/a.json", json.dumps([task("other")]))
    assert balanced(sent, folder.collect(sent, {})).outstanding == 3
    drop(sent, "annotations/a.json", json.dumps([task("other", annotation(region()))]))
    assert "there is no file of this name" in mistakes(sent)[0]


def test_label_studio_and_others_must_not_answer_for_one_image(sent):
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], annotation(region()))]))
    drop(sent, f"annotations/{NAMES[0]}.xml", voc(box()))
    assert "there is another answer: annotations/a.json: task 7" in mistakes(sent)[0]


def test_only_one_format_is_read_if_the_spec_says_so(sent):
    drop_yolo(sent)
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[0], annotation(region("Head")))]))
    assert balanced(sent, folder.collect(sent, {"format": "yolo"})).back == 3
    assert balanced(sent, folder.collect(sent, {"format": "labelstudio"})).back == 1
    assert balanced(sent, folder.collect(sent, {"format": "coco"})).back == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1, 2]", "it is a list, but not one of tasks of Label Studio"),
        ('[{"image_id": 1, "category_id": 1, "score": 0.5}]', "not one of tasks"),
        ('{"shapes": [], "imagePath": "1-clip-2.jpg"}', "it is neither COCO nor an export"),
        ('{"images": []}', "is not a COCO file"),
        ('[{"data": {"image": "1-clip-2.jpg"}}, 3]', "it is no export of Label Studio"),
        ("[" * 3000, "cannot be read"),
        ("\udc80", "cannot be read"),
    ],
)
def test_json_that_is_no_answer_is_a_mistake(sent, text, why):
    drop(sent, "annotations/a.json", "")
    (home(sent) / "annotations" / "a.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert why in mistakes(sent)[0]


def test_what_label_studio_puts_beside_yolo_is_no_mistake(sent):
    drop_yolo(sent)
    drop(sent, "annotations/notes.json", '{"categories": [], "info": {"year": 2026}}')
    assert balanced(sent, folder.collect(sent, {})).back == 3
