"""A server that fails, and a ymir that is killed: nothing is lost, and nothing is done twice."""

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.cvat.exchanges import exchange
from tests.cvat.people import draw, finish, tasks
from tests.cvat.replay import TOKEN
from tests.cvat.test_sending import suggesting
from tests.labeling.batches import balanced, batch
from ymir.contracts.labeling import Waiting
from ymir.errors import DataError
from ymir.labeling import cvat as tool


def refusal(name, **headers):
    """The recorded answer that says no."""
    told = exchange(name)["answer"]
    return told["status"], headers, told["body"]


def rich(workspace):
    """A batch of which everything has to be sent: images twice, suggestions, instructions."""
    sent = suggesting(batch(workspace))
    return replace(sent, twice=tuple(sent.images["image"][:1]), instructions="Draw every head.")


def state_of(cvat):
    """What people would see of a batch."""
    return (
        list(cvat.state.projects.values()),
        sorted(each["name"] for each in cvat.state.labels),
        sorted((each.name, len(each.frames), len(each.marks["shapes"])) for each in tasks(cvat)),
        [text for _, text in cvat.state.guides.values()],
    )


@pytest.mark.parametrize("when", ["fault", "fault_after"])
def test_killed_at_any_call_a_second_run_sends_the_rest_once(cvat, asked, tmp_path, when):
    """The call is lost, or only its answer is; nothing after it takes place."""
    sent = rich(tmp_path)
    tool.send(sent, asked)
    whole, calls = state_of(cvat), len(cvat.asked)
    assert whole[2] == [
        ("helmet-r2 1-3 [0123456789ab]", 3, 1),
        ("helmet-r2 4-4 [0123456789ab]", 1, 1),
    ]
    cvat.is_checked = False  # these exchanges have been
    for last in range(1, calls + 1):
        cvat.state, cvat.asked = type(cvat.state)(), []
        cvat.fault = _from(last + (when == "fault_after"))
        cvat.fault_after = _from(last if when == "fault_after" else calls + 1)
        with pytest.raises(DataError, match="HTTP 403"):
            tool.send(sent, asked)
        cvat.fault = cvat.fault_after = lambda number, method, path: None
        assert tool.send(sent, asked)["images"] == 3
        assert state_of(cvat) == whole


def _from(first):
    return lambda number, method, path: refusal("not-allowed") if number >= first else None


def test_killed_while_images_are_taken_in_a_second_run_waits_for_them(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    cvat.state.is_slow = True
    cvat.fault = lambda number, method, path: (
        refusal("not-allowed") if path.startswith("/api/requests/") else None
    )
    with pytest.raises(DataError):
        tool.send(sent, asked)
    (task,) = tasks(cvat)
    seen = []

    def arrives(number, method, path):
        if path.startswith("/api/requests/"):
            seen.append(path)
            if len(seen) == 2:
                cvat.state.arrive(task)

    cvat.fault = arrives
    tool.send(sent, asked)
    assert tasks(cvat) == [task]
    assert len(seen) == 2


def test_images_that_the_server_does_not_take_in_are_told_of_and_sent_again(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    cvat.state.refuses = "cannot identify image file"
    with pytest.raises(DataError, match=r"`helmet-r2 1-3 .*`: cannot identify image file"):
        tool.send(sent, asked)
    cvat.state.refuses = None
    tool.send(sent, asked)
    assert [len(each.frames) for each in tasks(cvat)] == [3]


def test_a_task_that_two_runs_made_counts_and_loses_no_answer(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    (task,) = tasks(cvat)
    twin = cvat.state.tasks[cvat.state.add_task(task.name, task.project, 100)]
    cvat.state.take_in(twin, list(task.arriving), task.arriving)
    draw(cvat, twin, 0)
    finish(twin)
    assert balanced(sent, tool.collect(sent, asked)).labelled == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("not-signed-in", "make a new personal access token"),
        ("not-allowed", "ask who runs the server"),
        ("not-there", "look at `url`"),
    ],
)
def test_what_people_must_mend_is_an_error_with_a_hint(cvat, asked, tmp_path, name, hint):
    cvat.fault = lambda number, method, path: refusal(name)
    with pytest.raises(DataError, match=r"refuses `GET /api/server/about`: HTTP 40\d") as error:
        tool.send(batch(tmp_path), asked)
    assert hint in error.value.hint
    assert len(cvat.asked) == 1
    assert not cvat.writes()


def test_a_wrong_token_is_an_error_that_does_not_repeat_it(cvat, asked, tmp_path, monkeypatch):
    monkeypatch.setenv("CVAT_TOKEN", "another-secret")
    with pytest.raises(DataError, match="HTTP 401") as error:
        tool.collect(batch(tmp_path), asked)
    assert "another-secret" not in str(error.value)


def test_a_server_that_has_too_much_to_do_is_asked_again(cvat, asked, tmp_path):
    sent = batch(tmp_path)
    busy = {2: (503, {}, b"<html>Busy</html>"), 4: refusal("too-many", **{"Retry-After": "0"})}
    cvat.fault = lambda number, method, path: busy.get(number)
    assert tool.send(sent, {**asked, "patience": "9s"})["images"] == 3


def test_a_server_that_asks_for_more_time_than_there_is_makes_the_batch_wait(cvat, asked, tmp_path):
    cvat.fault = lambda number, method, path: refusal("too-many", **{"Retry-After": "60"})
    said = tool.send(batch(tmp_path), asked)
    assert isinstance(said, Waiting)
    assert "HTTP 429: Request was throttled" in said.what
    assert len(cvat.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_makes_the_batch_wait(cvat, asked, tmp_path, status):
    sent = batch(tmp_path)
    tool.send(sent, asked)
    cvat.fault = lambda number, method, path: (status, {}, b"<html><h1>Oops</h1></html>")
    said = tool.collect(sent, asked)
    assert isinstance(said, Waiting)
    assert f"cannot be asked now: HTTP {status}: a web page" in said.what
    assert "nothing is lost" in said.what


def test_what_may_have_been_done_is_not_asked_for_again(cvat, asked, tmp_path):
    cvat.fault_after = lambda number, method, path: (
        (502, {}, b"Bad gateway") if (method, path) == ("POST", "/api/tasks") else None
    )
    said = tool.send(batch(tmp_path), asked)
    assert isinstance(said, Waiting)
    assert cvat.asked.count(("POST", "/api/tasks")) == 1


def test_a_server_that_is_down_makes_the_batch_wait(asked, tmp_path):
    given = {**asked, "url": "http://127.0.0.1:9"}
    said = tool.send(batch(tmp_path), given)
    assert isinstance(said, Waiting)
    assert said.what.startswith("CVAT at http://127.0.0.1:9 cannot be asked now: ")
    assert "Connection refused" in said.what
    assert "\n" not in said.what


@pytest.mark.parametrize("path", ["/api/projects", "/api/tasks/4/data/"])
def test_a_server_that_is_stopped_meanwhile_makes_the_batch_wait(cvat, asked, tmp_path, path):
    sent = batch(tmp_path)
    cvat.fault = lambda number, method, asked_for: (None, {}, None) if asked_for == path else None
    said = tool.send(sent, asked)
    assert isinstance(said, Waiting)
    assert "the connection broke off" in said.what
    cvat.fault = lambda number, method, path: None
    assert tool.send(sent, asked)["images"] == 3
    assert [len(each.frames) for each in tasks(cvat)] == [3]


@pytest.mark.parametrize(
    "body", [b"<html>Welcome</html>", b"[]", b'{"results": 3}', b"{}", b"", b"\xff\xfe"]
)
def test_what_is_no_answer_of_cvat_is_an_error(cvat, asked, tmp_path, body):
    cvat.fault = lambda number, method, path: (200, {}, body)
    with pytest.raises(DataError, match="answers otherwise than cvat-sdk") as error:
        tool.collect(batch(tmp_path), asked)
    assert "look at `url`" in error.value.hint


def test_who_is_sent_elsewhere_is_told_so(cvat, asked, tmp_path):
    cvat.fault = lambda number, method, path: (302, {"Location": "https://cvat.example/"}, b"")
    with pytest.raises(DataError, match="HTTP 302") as error:
        tool.collect(batch(tmp_path), asked)
    assert error.value.hint == "put the address that CVAT has itself into `url`"


def test_a_user_with_a_password_and_an_organization_are_told_to_the_server(
    cvat, tmp_path, monkeypatch
):
    monkeypatch.setenv("CVAT_PASSWORD", "a-password")
    given = {"url": cvat.url, "user": "anna", "password": {"env": "CVAT_PASSWORD"}}
    assert tool.send(batch(tmp_path), {**given, "organization": "acme"})["images"] == 3
    assert cvat.organizations == {"acme"}


def test_without_the_sdk_the_settings_are_known_and_its_use_is_an_error(tmp_path, cvat):
    code = f"""
import sys
sys.modules["cvat_sdk"] = None
from tests.labeling.batches import batch
from ymir.errors import PluginError
from ymir.labeling import cvat
from pathlib import Path
given = {{"url": "{cvat.url}", "token": {{"env": "CVAT_TOKEN"}}}}
cvat.Settings.model_validate(given)
try:
    cvat.send(batch(Path({str(tmp_path)!r})), given)
except PluginError as error:
    print(error.hint)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == 'run `pip install "ymir-gitops[cvat]"`\n'
    assert not cvat.asked


def test_the_token_is_in_no_message(cvat, asked, tmp_path):
    cvat.fault = lambda number, method, path: (400, {}, {"detail": f"what is {TOKEN}?"})
    with pytest.raises(DataError, match="HTTP 400") as error:
        tool.collect(batch(tmp_path), asked)
    assert TOKEN not in str(error.value)
