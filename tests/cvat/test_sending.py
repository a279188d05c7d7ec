"""What of a batch goes out, against played-back exchanges: no real CVAT server has been met."""

import hashlib
from dataclasses import replace

import polars as pl
import pytest
from PIL import Image

from tests.cvat.people import draw, finish, tasks
from tests.labeling.batches import balanced, batch, box, keeps_its_contract
from ymir.contracts.labeling import Withdrawing, tools
from ymir.data.balance import Balance
from ymir.errors import DataError
from ymir.labeling import cvat as tool

MARK = "[0123456789ab]"


def suggesting(sent, label="helmet_head", score=0.75):
    """The batch with a box that a model finds on its first image."""
    found = {**box(label), "score": score, "crowd": False, "mask": None, "attributes": []}
    objects = pl.Series("objects", [[found]], dtype=sent.images.schema["objects"])
    return replace(sent, suggested=sent.images.head(1).with_columns(objects))


def test_cvat_keeps_its_contract(cvat, asked, tmp_path):
    def answer(sent):
        (task,) = tasks(cvat)
        draw(cvat, task, 1)
        finish(task)

    keeps_its_contract("cvat", tmp_path, answer, asked)


def test_it_can_take_back_what_nobody_has_begun():
    assert isinstance(tools.load("cvat"), Withdrawing)


def test_a_batch_goes_out_as_a_task_in_the_project_of_its_classes(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    said = tool.send(sent, asked)
    assert said == {"images": 3, "where": f"{cvat.url}/projects/1"}
    assert cvat.state.projects == {1: "helmet"}
    labels = [(each["name"], each["type"]) for each in cvat.state.labels]
    assert labels == [("helmet_head", "rectangle"), ("no_helmet_head", "rectangle")]
    (task,) = tasks(cvat)
    assert task.name == f"helmet-r2 1-3 {MARK}"
    assert [each.name for each in task.frames] == [f"{each}.jpg" for each in sent.images["image"]]


def test_the_next_batch_goes_into_the_same_project(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    tool.send(replace(sent, name="helmet-r3", key="ba9876543210"), asked)
    assert list(cvat.state.projects.values()) == ["helmet"]
    assert [each.name for each in tasks(cvat)] == [
        f"helmet-r2 1-3 {MARK}",
        "helmet-r3 1-3 [ba9876543210]",
    ]


def test_a_class_that_the_project_lacks_is_added_and_an_alias_will_do(cvat, asked, tmp_path):
    cvat.state.add_project("Heads", [{"name": "Head", "type": "any"}, {"name": "dog"}])
    tool.send(batch(tmp_path), {**asked, "project": "Heads"})
    assert [each["name"] for each in cvat.state.labels] == ["Head", "dog", "helmet_head"]


def test_a_label_that_cannot_be_a_box_is_an_error_and_nothing_goes_out(cvat, asked, tmp_path):
    cvat.state.add_project("helmet", [{"name": "helmet_head", "type": "polygon"}])
    with pytest.raises(DataError, match="`helmet_head` in CVAT is for polygons, not for boxes"):
        tool.send(batch(tmp_path), asked)
    assert not cvat.writes()


def test_jobs_are_as_long_as_the_spec_says(cvat, asked, tmp_path):
    tool.send(batch(tmp_path), {**asked, "segment_size": 2})
    (task,) = tasks(cvat)
    assert [(each["start_frame"], each["stop_frame"]) for each in task.jobs] == [(0, 1), (2, 2)]


def test_images_that_go_out_twice_are_a_task_of_their_own(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    sent = replace(sent, twice=(sent.images["image"][2],))
    assert tool.send(sent, asked)["images"] == 3
    first, second = tasks(cvat)
    assert second.name == f"helmet-r2 4-4 {MARK}"
    finish(first, by="anna")
    draw(cvat, second, 0)
    finish(second, by="ben")
    answers = tool.collect(sent, asked)
    again = answers.rows.filter(image=sent.twice[0])
    assert again["copy"].to_list() == [1, 2]
    assert again["by"].to_list() == ["anna", "ben"]
    assert balanced(sent, answers).is_done


def test_suggestions_are_drawn_with_their_scores_and_only_once(cvat, asked, tmp_path):
    sent = suggesting(batch(tmp_path))
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    (shape,) = task.marks["shapes"]
    assert shape["points"] == [10, 10, 30, 20]
    assert (shape["score"], shape["source"], shape["frame"]) == (0.75, "auto", 0)
    assert shape["label_id"] == cvat.state.label("helmet_head")
    tool.send(sent, asked)
    assert [each[0] for each in cvat.asked].count("PUT") == 1


def test_suggestions_never_replace_what_people_have_drawn(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    draw(cvat, task, 2)
    tool.send(suggesting(sent), asked)
    assert [each["frame"] for each in task.marks["shapes"]] == [2]


def test_suggestions_that_people_deleted_stay_deleted(cvat, asked, tmp_path):
    sent = suggesting(batch(tmp_path))
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    task.marks["shapes"].clear()
    task.jobs[0]["state"] = "in progress"
    tool.send(sent, asked)
    assert task.marks["shapes"] == []


def test_labels_that_an_image_has_already_are_shown_before_suggestions(cvat, asked, tmp_path):
    sent = suggesting(batch(tmp_path), label="no_helmet_head")
    known = sent.suggested.with_columns(
        pl.col("objects").list.eval(
            pl.element().struct.with_fields(
                label=pl.lit("helmet_head"), score=pl.lit(None, pl.Float32)
            )
        )
    )
    tool.send(replace(sent, images=pl.concat([known, sent.images.tail(2)])), asked)
    (shape,) = tasks(cvat)[0].marks["shapes"]
    assert shape["label_id"] == cvat.state.label("helmet_head")
    assert shape["source"] == "file"


def test_annotators_are_told_what_the_spec_says_and_what_it_says_now(cvat, asked, tmp_path):
    sent = replace(batch(tmp_path), instructions="Draw every head.")
    tool.send(sent, asked)
    tool.send(sent, asked)
    assert list(cvat.state.guides.values()) == [(1, "Draw every head.")]
    tool.send(replace(sent, instructions="Draw every helmet."), asked)
    assert list(cvat.state.guides.values()) == [(1, "Draw every helmet.")]


def test_images_of_a_share_are_copied_there_and_pointed_to(cvat, asked, tmp_path):
    sent, names = batch(tmp_path), []
    for image in sent.images["image"]:
        names.append(f"cvat/ymir/helmet-r2-0123456789ab/{image}.jpg")
        cvat.state.share[names[-1]] = (60, 40)
    given = {**asked, "images": "folder", "folder": {"path": "shared", "served": "cvat/ymir"}}
    tool.send(sent, given)
    assert [each.name for each in tasks(cvat)[0].frames] == names
    copies = {each.stem: each for each in (tmp_path / "shared").rglob("*.jpg")}
    assert {image: file.read_bytes() for image, file in copies.items()} == {
        image: file.read_bytes() for image, file in sent.media.items() if image in copies
    }
    finish(tasks(cvat)[0])
    assert balanced(sent, tool.collect(sent, given)).empty == 3


def test_the_progress_of_an_upload_is_told(cvat, asked, tmp_path):
    told = []
    tool.send(replace(batch(tmp_path), tell=told.append), asked)
    assert told[-1] == 1


def test_what_is_uploaded_under_its_digest_is_the_image_itself(cvat, asked, tmp_path):
    tool.send(batch(tmp_path), asked)
    assert not list((tmp_path / ".ymir").iterdir())
    assert all(each.size == (60, 40) for each in tasks(cvat)[0].frames)


def test_a_batch_of_many_images_is_several_tasks(cvat, asked, tmp_path, monkeypatch):
    sent = _many(tmp_path, 1003)
    tool.send(sent, {**asked, "patience": "5s"})
    names = [each.name for each in tasks(cvat)]
    ranks = ["1-500", "501-1000", "1001-1003"]
    assert names == [f"helmet-r2 {each} {MARK}" for each in ranks]
    for task in tasks(cvat):
        finish(task)
    assert balanced(sent, tool.collect(sent, asked)) == Balance(sent=1003, empty=1003)


def _many(workspace, count):
    """So many images, each of other bytes."""
    sent = batch(workspace)
    one, media, rows = sent.images.head(1), {}, []
    file = workspace / "small.png"
    Image.new("L", (8, 8)).save(file)
    plain = file.read_bytes()
    for number in range(count):
        data = plain + number.to_bytes(4, "big")
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        media[digest] = workspace / "media" / digest
        media[digest].write_bytes(data)
        rows.append(digest)
    size = {"width": 8, "height": 8, "format": "png"}
    columns = [pl.lit(value).cast(one.schema[name]).alias(name) for name, value in size.items()]
    images = pl.concat([one] * count).with_columns(*columns, image=pl.Series(rows))
    return replace(sent, images=images, suggested=images.clear(), media=media)


def test_an_image_whose_bytes_are_not_at_hand_stops_it_before_anything_is_sent(
    cvat, asked, tmp_path
):
    with pytest.raises(DataError, match="are not at hand"):
        tool.send(replace(batch(tmp_path), media={}), asked)
    assert not cvat.writes()
