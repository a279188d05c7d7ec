"""What people did comes back, against played-back exchanges: no real CVAT server has been met."""

from dataclasses import replace

import pytest

from tests.cvat import people
from tests.cvat.exchanges import exchange
from tests.cvat.people import draw, finish, frame_of, tasks
from tests.labeling.batches import balanced, batch, objects_of
from ymir.data.answers import REJECTED
from ymir.data.balance import Balance
from ymir.errors import DataError
from ymir.labeling import cvat as tool

MARK = "[0123456789ab]"


def test_only_finished_jobs_count_and_an_image_without_boxes_is_a_negative(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    given = {**asked, "segment_size": 2}
    tool.send(sent, given)
    (task,) = tasks(cvat)
    draw(cvat, task, 0)
    draw(cvat, task, 2)
    assert balanced(sent, tool.collect(sent, given)).outstanding == 3
    task.jobs[0]["state"] = "completed"
    answers = tool.collect(sent, given)
    assert balanced(sent, answers) == Balance(sent=3, labelled=1, empty=1, outstanding=1)
    boxes = objects_of(sent, answers)
    assert [len(each) if each is not None else None for each in boxes] == [1, 0, None]
    assert {key: boxes[0][0][key] for key in "xywh"} == {"x": 10, "y": 10, "w": 20, "h": 10}


def test_an_answer_says_who_finished_its_job_and_when(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    finish(tasks(cvat)[0], by="anna")
    rows = tool.collect(sent, asked).rows
    assert rows["by"].unique().to_list() == ["anna"]
    assert rows["at"].unique().to_list() == ["2026-11-23T09:30:00Z"]


@pytest.mark.parametrize(
    ("job", "counts_for"),
    [
        (("annotation", "in progress"), []),
        (("annotation", "completed"), ["completed"]),
        (("annotation", "rejected"), []),
        (("validation", "new"), []),
        (("validation", "completed"), ["completed"]),
        (("acceptance", "new"), ["completed"]),
        (("acceptance", "rejected"), []),
        (("acceptance", "completed"), ["completed", "accepted"]),
    ],
)
def test_which_jobs_are_finished_is_a_rule(cvat, asked, tmp_path, job, counts_for):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    finish(tasks(cvat)[0], stage=job[0], state=job[1])
    answers = {
        rule: tool.collect(sent, {**asked, "finished": rule}) for rule in ("completed", "accepted")
    }
    assert [rule for rule in answers if balanced(sent, answers[rule]).is_done] == counts_for


def test_an_image_that_people_took_out_was_skipped(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    draw(cvat, task, 1)
    people.take_out(task, 1)
    assert balanced(sent, tool.collect(sent, asked)).outstanding == 3
    finish(task)
    assert balanced(sent, tool.collect(sent, asked)) == Balance(sent=3, empty=2, skipped=1)


def test_images_whose_task_was_deleted_are_rejected_and_say_so(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    sent = replace(sent, twice=(sent.images["image"][0],))
    tool.send(sent, asked)
    first, second = tasks(cvat)
    del cvat.state.tasks[first.id]
    answers = tool.collect(sent, asked)
    assert answers.rows["state"].unique().to_list() == [REJECTED]
    assert answers.rows["why"].unique().to_list() == ["its task in CVAT is gone"]
    del cvat.state.tasks[second.id]
    with pytest.raises(DataError, match="no task whose name ends with `\\[0123456789ab\\]`"):
        tool.collect(sent, asked)


def test_an_unknown_label_is_an_error_that_names_task_job_person_and_image(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    cvat.state.add_labels(task.project, [{"name": "cat"}])
    draw(cvat, task, 1, label="cat")
    tool.collect(sent, asked)
    finish(task, by="ben")
    place = rf"task {task.id} `helmet-r2 1-3 .*`, job {task.jobs[0]['id']} of ben, frame 1"
    with pytest.raises(DataError, match=f"{place}: label `cat` is not in `Labels`"):
        tool.collect(sent, asked)


def test_every_mistake_is_told_at_once(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    draw(cvat, task, 0, type="polyline")
    draw(cvat, task, 1, points=(100, 100, 120, 120))
    task.marks["tracks"].append({**exchange("marks")["answer"]["body"]["tracks"][0], "frame": 2})
    finish(task, by=None)
    with pytest.raises(DataError) as error:
        tool.collect(sent, asked)
    lines = str(error.value).splitlines()
    assert lines[0] == "what people drew in CVAT for `helmet-r2` cannot be used:"
    assert "frame 0: a polyline of `helmet_head` is no box: draw a rectangle instead" in lines[1]
    assert "which is nobody's, frame 1: a box of `helmet_head`" in lines[2]
    assert "frame 2: something is tracked over several images" in lines[3]


def test_an_image_of_another_size_is_an_error(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    task.frames[0].size = (40, 60)
    finish(task)
    with pytest.raises(DataError, match="40x60 pixels, but the image has 60x40"):
        tool.collect(sent, asked)


def test_a_renamed_task_without_its_ranks_is_an_error_that_says_what_to_do(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    task.name = f"Monday {MARK}"
    with pytest.raises(DataError, match="was renamed") as error:
        tool.collect(sent, asked)
    assert f"helmet-r2 1-100 {MARK}" in error.value.hint


def test_images_that_nobody_has_begun_can_be_taken_back(cvat, asked, tmp_path):
    sent = batch(tmp_path, count=5)
    given = {**asked, "segment_size": 2}
    tool.send(sent, given)
    (task,) = tasks(cvat)
    draw(cvat, task, frame_of(task, sent.images["image"][0]))
    people.take_out(task, 1)
    task.jobs[1]["state"] = "completed"
    assert tool.withdraw(sent, given) == {"withdrawn": 1}
    assert task.deleted == [1, 4]
    assert tool.withdraw(sent, given) == {"withdrawn": 1}
    answers = tool.collect(sent, given)
    assert balanced(sent, answers) == Balance(sent=5, empty=2, outstanding=3)
    task.jobs[0]["state"] = "completed"
    answers = tool.collect(sent, given)
    assert balanced(sent, answers) == Balance(sent=5, labelled=1, empty=2, skipped=1, outstanding=1)


def test_a_server_of_another_version_is_told_of_and_does_its_work(cvat, asked, tmp_path):
    cvat.version = "2.31.0"
    sent = batch(tmp_path)
    note = tool.send(sent, asked)["note"]
    assert note.startswith("the server is CVAT 2.31.0, cvat-sdk ")
    (task,) = tasks(cvat)
    draw(cvat, task, 0, type="polyline")
    finish(task)
    with pytest.raises(DataError, match=r"the server is CVAT 2\.31\.0"):
        tool.collect(sent, asked)


def test_a_server_that_knows_more_words_is_understood(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    finish(task)
    cvat.fault = lambda number, method, path: _with_news(task) if path == "/api/jobs" else None
    assert balanced(sent, tool.collect(sent, asked)).is_done


def _with_news(task):
    jobs = [{**each, "status": "pondered", "mood": {"is": "fine"}} for each in task.jobs]
    return 200, {}, {"count": 1, "next": None, "previous": None, "results": jobs}


def test_the_process_leaves_no_words_of_the_sdk_behind(cvat, asked, tmp_path, capfd):
    tool.send(batch(tmp_path), asked)
    assert capfd.readouterr() == ("", "")
