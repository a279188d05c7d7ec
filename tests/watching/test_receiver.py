"""Webhooks wake the watcher; whoever does not know the secret does not, whatever they send."""

import asyncio
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection

import pytest

from tests.watching.loops import run
from ymir.errors import YmirError
from ymir.watching.receiver import Pushes, Receiver, receiving

SECRET, OTHER = "a-secret-that-nobody-guesses", "another-secret-of-another-project"
KEY = "0123456789ab"
OURS = {"action": "ANNOTATION_CREATED", "project": {"id": 3, "description": f"[ymir:{KEY}] helmet"}}
WHOLE = 4 * 2**20


@dataclass
class Ear:
    """A receiver that listens, and who rang."""

    port: int = 0
    rung: list[str] = field(default_factory=list)

    def call(
        self, body: bytes, path: str = "/label-studio", method: str = "POST", **headers: str
    ) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def tell(self, said: object, secret: str = SECRET) -> int:
        return self.call(json.dumps(said).encode(), X_Ymir_Secret=secret)

    def sign(self, body: bytes, secret: str) -> int:
        signature = hmac.new(secret.encode(), body, sha256).hexdigest()
        return self.call(body, "/cvat", X_Signature_256=f"sha256={signature}")


@contextmanager
def listening() -> Iterator[Ear]:
    """A receiver in a thread of its own."""
    ear, begun, loop, stop = Ear(), threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def listen() -> None:
        pushes = Pushes("main", ear.rung.append)
        receiver = Receiver((SECRET, OTHER), lambda: [KEY], ear.rung.append, pushes)
        async with receiving(receiver, "127.0.0.1", 0) as ear.port:
            begun.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),))
    thread.start()
    try:
        assert begun.wait(30)
        yield ear
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


@pytest.fixture(scope="module")
def everybodys() -> Iterator[Ear]:
    with listening() as ear:
        yield ear


@pytest.fixture
def ear(everybodys: Ear) -> Ear:
    everybodys.rung.clear()
    return everybodys


def test_a_call_with_the_secret_rings(ear: Ear) -> None:
    assert ear.tell(OURS) == 204
    assert ear.tell(OURS, OTHER) == 204, "each project may have a secret of its own"
    assert ear.rung == ["Label Studio says that something changed"] * 2


def test_a_call_without_the_secret_or_with_a_wrong_one_is_refused(ear: Ear) -> None:
    assert ear.call(b"{}") == 401
    for wrong in ("", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "\xff\xfe"):
        assert ear.tell(OURS, wrong) == 403, wrong
    assert ear.rung == []


def test_projects_that_are_not_ours_ring_nothing_and_who_does_not_say_may_be_heard(
    ear: Ear,
) -> None:
    for marked in ("[ymir:ffffffffffff] somebody else's", "", "about [ymir:0123456789ab]"):
        assert ear.tell({"project": {"description": marked}}) == 204
    assert ear.rung == []
    for silent in ({"action": "x"}, {"project": {"id": 1}}, {"project": 1}, [], 7, None):
        assert ear.tell(silent) == 204
    assert len(ear.rung) == 6


def test_what_is_no_json_rings_nothing(ear: Ear) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        assert ear.call(body, X_Ymir_Secret=SECRET) == 400
    assert ear.rung == []


def test_a_call_that_is_too_large_is_refused(ear: Ear) -> None:
    assert ear.call(b" " * (WHOLE + 1), X_Ymir_Secret=SECRET) == 413
    assert ear.rung == []


@pytest.mark.parametrize("path", ["/", "/label-studio/", "/LABEL-STUDIO", "/../specs", "/x" * 900])
def test_nothing_is_anywhere_else(ear: Ear, path: str) -> None:
    assert ear.call(b"{}", path, X_Ymir_Secret=SECRET) == 404
    assert ear.rung == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_calls_are_posts(ear: Ear, method: str) -> None:
    assert ear.call(b"", method=method, X_Ymir_Secret=SECRET) == 405
    assert ear.rung == []


def test_cvat_signs_what_it_sends(ear: Ear) -> None:
    assert ear.sign(b'{"event": "update:job"}', SECRET) == 204
    assert ear.rung == ["CVAT says that something changed"]
    assert ear.sign(b"{}", "no-secret-of-ours") == 403
    assert ear.call(b"{}", "/cvat", X_Signature_256="sha256=") == 403
    assert ear.call(b"{}", "/cvat", X_Ymir_Secret=SECRET) == 401
    assert len(ear.rung) == 1


def test_a_push_to_the_branch_that_is_followed_rings_when_it_is_signed_or_shows_the_secret(
    ear: Ear,
) -> None:
    body = b'{"ref": "refs/heads/main", "commits": []}'
    signature = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
    assert ear.call(body, "/github", X_Hub_Signature_256=signature) == 204
    assert ear.call(body, "/gitlab", X_Gitlab_Token=OTHER) == 204
    assert ear.rung == ["GitHub says that somebody pushed", "GitLab says that somebody pushed"]


def test_pushes_that_nobody_signed_and_those_to_other_branches_ring_nothing(ear: Ear) -> None:
    body = b'{"ref": "refs/heads/main"}'
    assert ear.call(body, "/github") == 401
    assert ear.call(body, "/github", X_Hub_Signature_256="sha256=" + "0" * 64) == 403
    assert ear.call(body, "/github", X_Hub_Signature_256=SECRET) == 403
    assert ear.call(body, "/gitlab", X_Gitlab_Token=SECRET[1:]) == 403
    assert ear.call(body, "/gitlab", X_Hub_Signature_256="sha256=") == 401
    for silent in (
        '{"ref": "refs/heads/other"}',
        '{"ref": "refs/tags/main"}',
        '{"zen": "x"}',
        "[]",
    ):
        assert ear.call(silent.encode(), "/gitlab", X_Gitlab_Token=SECRET) == 204
    assert ear.rung == []


def test_who_follows_no_branch_hears_of_no_pushes() -> None:
    async def asked() -> int:
        receiver = Receiver((SECRET,), list, print)
        async with receiving(receiver, "127.0.0.1", 0) as port:
            return await asyncio.to_thread(
                Ear(port).call, b"{}", "/gitlab", "POST", X_Gitlab_Token=SECRET
            )

    assert run(asked()) == 404


def test_many_who_say_nothing_do_not_keep_others_from_being_heard(ear: Ear) -> None:
    held = [socket.create_connection(("127.0.0.1", ear.port)) for _ in range(50)]
    try:
        for each in held:
            each.sendall(b"POST /label-studio HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n")
        assert ear.tell(OURS) == 204
    finally:
        for each in held:
            each.close()


def test_an_address_that_is_taken_is_said(ear: Ear) -> None:
    async def again() -> None:
        async with receiving(Receiver((SECRET,), list, print), "127.0.0.1", ear.port):
            raise AssertionError("it cannot listen")

    with pytest.raises(YmirError, match="cannot be used"):
        run(again())
