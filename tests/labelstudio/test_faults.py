"""A Label Studio that stumbles, lies or is somebody else: nothing is lost, doubled or failed."""

import dataclasses
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from threading import Thread

import pytest

from tests.components import needs
from tests.labelstudio.desk import Desk, desk, region
from tests.labelstudio.proxy import DEAD, Answer, Fault, Proxy, at, between
from tests.labelstudio.server import Server, a_label_studio
from ymir.contracts.labeling import Answers, Waiting
from ymir.errors import DataError

pytestmark = a_label_studio
PAGE = Answer(200, b"<!doctype html><html>Welcome</html>", "text/html")


@pytest.fixture
def proxy(label_studio: Server) -> Iterator[Proxy]:
    with between(label_studio) as found:
        yield found


@pytest.fixture
def own(label_studio: Server, proxy: Proxy, tmp_path: Path) -> Desk:
    made = desk(label_studio, tmp_path)
    made.batch = dataclasses.replace(made.batch, twice=tuple(made.images[:1]))
    made.url = proxy.url
    return made


def is_whole(own: Desk) -> bool:
    """One project, a task for each image and copy in order, a file for each image."""
    wanted = [*((image, 1) for image in own.images), (own.images[0], 2)]
    sent = [(task["data"]["ymir_image"], task["data"]["ymir_copy"]) for task in own.tasks()]
    with own.client() as client:
        path = f"/api/projects/{own.project()['id']}/file-uploads?all=true"
        header = {"Authorization": f"Bearer {access(own)}"}
        del client.headers["Authorization"]
        uploads = client.get(path, headers=header).json()
    return sent == wanted and len(uploads) == 3


def access(own: Desk) -> str:
    with own.client() as client:
        asked = client.post("/api/token/refresh/", json={"refresh": own.server.token})
        return str(asked.json()["access"])


@pytest.mark.parametrize("how", ["before", "after"])
def test_whoever_is_killed_at_any_call_and_sends_again_has_sent_once(
    proxy: Proxy, own: Desk, how: str
) -> None:
    """From the n-th call on, which the server hears or not, everything is dead."""
    number, said = 0, None
    while not isinstance(said, dict):
        number += 1
        own.batch = dataclasses.replace(own.batch, key=uuid.uuid4().hex[:12])
        proxy.calls.clear()
        proxy.fault = dying_at(number, how)
        said = own.send()
        proxy.fault = lambda number, method, path: None
        assert own.send() == said or isinstance(said, Waiting)
        assert is_whole(own), f"killed {how} call {number}"
    assert number > 8


def dying_at(last: int, how: str):
    def choose(number: int, method: str, path: str) -> Fault:
        if number < last:
            return None
        return "lost" if number == last and how == "after" else DEAD

    return choose


@pytest.mark.parametrize(
    "part",
    ["POST /api/projects/ ", "commit_to_project", "/import ", "GET /api/tasks", "token/refresh"],
)
def test_an_answer_that_is_lost_doubles_nothing(proxy: Proxy, own: Desk, part: str) -> None:
    busy = Answer(429, headers={"Retry-After": "1"})
    proxy.fault = at(part, "deaf", Answer(503), busy, "lost")
    assert isinstance(own.send(), dict)
    own.send()
    assert len(proxy.matching(part)) >= 4
    assert is_whole(own)


def test_a_burst_of_faults_is_sat_out(proxy: Proxy, own: Desk) -> None:
    own.send()
    own.says(own.images[1], region())
    proxy.fault = lambda number, method, path: Answer(502) if number % 2 else None
    assert [row["image"] for row in own.rows()] == own.images[1:2]


def test_a_server_that_stays_ill_makes_the_batch_wait_and_says_what_it_said(
    proxy: Proxy, own: Desk
) -> None:
    own.send()
    proxy.fault = at("/export", *[Answer(500, b'{"detail": "database is locked"}')] * 99)
    said = own.collect(patience="1s")
    assert isinstance(said, Waiting)
    assert "HTTP 500: database is locked" in said.what
    assert proxy.matching("/export")[1:]


def test_what_crashes_over_a_post_again_and_again_is_an_error(proxy: Proxy, own: Desk) -> None:
    proxy.fault = at("/import ", *[Answer(500, b'{"detail": "list index out of range"}')] * 99)
    with pytest.raises(DataError, match=r"crashes over what it is sent.*list index out of range"):
        own.send(patience="1s")


def test_a_server_that_asks_for_an_hour_is_left_alone(proxy: Proxy, own: Desk) -> None:
    proxy.fault = lambda number, method, path: DEAD
    assert isinstance(own.send(), Waiting)
    assert len(proxy.calls) == 1


def test_a_token_that_runs_out_in_the_middle_is_traded_again(proxy: Proxy, own: Desk) -> None:
    proxy.fault = at("/import", Answer(401, b'{"detail": "Token is expired"}'))
    own.send()
    assert len(proxy.matching("token/refresh")) == 2
    assert is_whole(own)


def test_a_token_that_is_refused_for_good_is_traded_once_only(proxy: Proxy, own: Desk) -> None:
    proxy.fault = at("/api/projects", *[Answer(401, b'{"detail": "user is inactive"}')] * 99)
    with pytest.raises(DataError, match="refuses the access token: user is inactive"):
        own.send()
    assert len(proxy.matching("token/refresh")) == 2


@pytest.mark.parametrize("part", ["token/refresh", "/api/projects", "file-uploads"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PAGE, "answers"),
        (Answer(302, headers={"Location": "https://sso.example/login"}), "sso.example|not as"),
        (Answer(404, b"<html>no</html>", "text/html"), "has no|not as"),
        (Answer(200, b'{"surprise": 1}'), "answers"),
    ],
)
def test_an_address_where_something_else_answers_is_an_error(
    proxy: Proxy, own: Desk, part: str, answer: Answer, said: str
) -> None:
    proxy.fault = at(part, *[answer] * 99)
    with pytest.raises(DataError, match=said) as error:
        own.send(patience="1s")
    assert "`url`" in (error.value.hint or "")


def test_what_the_user_may_not_do_is_said(proxy: Proxy, own: Desk) -> None:
    forbidden = Answer(403, b'{"detail": "You do not have permission."}')
    proxy.fault = at("POST /api/projects/", forbidden)
    with pytest.raises(DataError, match="HTTP 403: You do not have permission") as error:
        own.send()
    assert "may not do this" in error.value.hint


def test_a_webhook_that_the_server_refuses_is_an_error_before_people_are_asked(
    proxy: Proxy, own: Desk, tmp_path: Path
) -> None:
    (tmp_path / "hook").write_text("a secret that is long enough")
    proxy.fault = at("POST /api/webhooks/", Answer(403, b'{"detail": "private address"}'))
    with pytest.raises(DataError, match="cannot be registered") as error:
        own.send(webhook={"url": "http://10.0.0.1/", "secret": {"file": "hook"}})
    assert "SSRF_PROTECTION_ENABLED" in error.value.hint
    assert own.tasks() == []


def test_exports_can_be_made_in_the_background(proxy: Proxy, own: Desk) -> None:
    own.send()
    own.says(own.images[0], region())
    at_once = own.collect()
    proxy.fault = at("/export?", Answer(404))
    later = own.collect()
    assert isinstance(at_once, Answers)
    assert isinstance(later, Answers)
    assert later.rows.equals(at_once.rows)
    with own.client() as client:
        assert client.get(f"/api/projects/{own.project()['id']}/exports/").json() == []


def test_who_may_not_list_people_gets_their_numbers(proxy: Proxy, own: Desk) -> None:
    own.send()
    own.says(own.images[0], region())
    proxy.fault = at("/api/users", Answer(403))
    (row,) = own.rows()
    assert row["by"].isdigit()


def test_racing_senders_agree(own: Desk) -> None:
    senders = [Thread(target=own.send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    own.send()
    assert len(own.projects()) == 1
    assert sorted(task["data"]["ymir_copy"] for task in own.tasks()) == [1, 1, 1, 2]


@needs("openssl", which("openssl") is not None, "install openssl")
def test_a_server_proves_its_name_as_the_spec_says(
    label_studio: Server, tmp_path: Path, own: Desk
) -> None:
    names = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "tls.pem")]
    words = "req -x509 -newkey rsa:2048 -nodes -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    with between(label_studio, (tmp_path / "tls.pem", tmp_path / "key.pem")) as safe:
        own.url = safe.url
        with pytest.raises(DataError, match=r"certificate of .* is not trusted"):
            own.send()
        assert isinstance(own.send(verify="tls.pem"), dict)
        assert own.rows(verify=False) == []
