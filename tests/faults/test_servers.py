"""Servers that lie, drip, flood and lead elsewhere: every client says so in a line, and ends."""

import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.components import needs
from ymir.bounds import Bounds, TooLargeError, TooSlowError, bounded
from ymir.ci.service import Service, Words
from ymir.errors import YmirError
from ymir.labelstudio.client import Client
from ymir.labelstudio.replies import AwayError
from ymir.posting import post

SMALL = Bounds(most=1 << 16, seconds=0.5, pace=1 << 20)
SECRET = "the-token"  # noqa: S105 - of nobody
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOMB = gzip.compress(b" " * (64 << 20))
Talk = Callable[[socket.socket], None]


def silent(peer: socket.socket) -> None:
    """Says nothing, and hangs up."""


def at_once(*parts: bytes) -> Talk:
    """Says these, and hangs up."""

    def talk(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)

    return talk


def flood(head: bytes, piece: bytes) -> Talk:
    """Says the same without end."""

    def talk(peer: socket.socket) -> None:
        peer.sendall(head)
        while True:
            peer.sendall(piece)

    return talk


def drip(head: bytes, piece: bytes) -> Talk:
    """Says the same without end, now and then."""

    def talk(peer: socket.socket) -> None:
        peer.sendall(head)
        for _ in itertools.count():
            peer.sendall(piece)
            time.sleep(0.05)

    return talk


PLAIN, CHUNKED = b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "flood": flood(OK + PLAIN, b" " * 4096),
    "flood-in-chunks": flood(OK + CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "drip": drip(OK + PLAIN, b" "),
    "drip-in-chunks": drip(OK + CHUNKED, b"1\r\n \r\n"),
    "announces-much": flood(OK + b"Content-Length: 1000000000\r\n\r\n", b" " * 4096),
    "bomb": at_once(
        OK,
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB),
        BOMB,
    ),
    "error-without-end": flood(b"HTTP/1.1 500 Oops\r\n\r\n", b"oops " * 1000),
}
WRONG = {
    "truncated": at_once(OK, b"Content-Length: 400\r\n\r\n", b'{"results": [{"id"'),
    "truncated-json": at_once(OK, b"Content-Length: 5\r\n\r\n", b'{"a":'),
    "web-page": at_once(OK, b"Content-Length: 13\r\n\r\n", b"<html></html>"),
    "no-http": at_once(b"220 mail.example ESMTP\r\n"),
    "silence": silent,
    "bytes": at_once(bytes(range(128, 256)) * 9),
    "no-gzip": at_once(OK, b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n", b"nope"),
    "deep": at_once(OK, b"Content-Length: 60000\r\n\r\n", b"[" * 60000),
    "no-utf8": at_once(OK, b"Content-Length: 4\r\n\r\n", b'"\xff\xfe"'),
    "endless-head": flood(OK, b"X-More: more\r\n" * 100),
}


@dataclass
class Liar:
    """A server, what it says to whoever connects, and what it was told."""

    url: str
    talk: Talk = silent
    heard: list[bytes] = field(default_factory=list)


def serve(listening: socket.socket, liar: Liar) -> None:
    """Talk to one after the other until the socket is closed."""
    with suppress(OSError):
        while True:
            peer, _ = listening.accept()
            threading.Thread(target=answer, args=(peer, liar), daemon=True).start()


def answer(peer: socket.socket, liar: Liar) -> None:
    """Hear a request, and say what is to be said."""
    with suppress(OSError), peer:
        heard = b""
        while b"\r\n\r\n" not in heard and (piece := peer.recv(1 << 16)):
            heard += piece
        liar.heard.append(heard)
        liar.talk(peer)


@pytest.fixture
def liar() -> Iterator[Liar]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Liar(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=serve, args=(listening, found), daemon=True)
        thread.start()
        yield found
        listening.shutdown(socket.SHUT_RDWR)


def label_studio(liar: Liar) -> None:
    """Ask for a list."""
    with Client(liar.url, SECRET, "TOKEN", seconds=0.1, bounds=SMALL) as client:
        list(client.pages("/api/projects", {}))


def cvat(liar: Liar) -> None:
    """Ask for a list."""
    from ymir.cvat.server import Server

    with Server(liar.url, seconds=0.1, bounds=SMALL) as server:
        server.sign_in(SECRET, None, None)
        server.tasks("mark")


def code_host(liar: Liar) -> None:
    """Ask for a list."""
    words = Words("the host", "TOKEN", "a right")
    headers = {"Authorization": f"Bearer {SECRET}"}
    with Service(liar.url, headers, words, patience=0.1, bounds=SMALL) as service:
        list(service.pages("/comments", lambda response: False))


def notice(liar: Liar) -> None:
    """Tell something."""
    post(liar.url, b"{}", {"Authorization": f"Bearer {SECRET}"})


def has_cvat() -> bool:
    """Whether its SDK is there."""
    try:
        import cvat_sdk  # noqa: F401 - whether it can be
    except ImportError:
        return False
    return True


CLIENTS = [
    label_studio,
    pytest.param(cvat, marks=needs("cvat", has_cvat(), "pip install cvat-sdk")),
    code_host,
]


def words_of(ask: Callable[[Liar], None], liar: Liar) -> str:
    """What the user is told."""
    from ymir.cvat.faults import AwayError as AwayFromCvat

    with pytest.raises((YmirError, AwayError, AwayFromCvat)) as caught:
        ask(liar)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 700
    assert SECRET not in said
    return said


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("how", ENDLESS)
def test_an_answer_without_end_is_given_up(ask: Callable[[Liar], None], how: str, liar: Liar):
    liar.talk = ENDLESS[how]
    said = words_of(ask, liar)
    assert "its answer " in said


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("how", WRONG)
def test_an_answer_that_is_none_is_one_line(ask: Callable[[Liar], None], how: str, liar: Liar):
    liar.talk = WRONG[how]
    assert words_of(ask, liar)


@pytest.mark.parametrize("ask", [*CLIENTS, notice])
def test_no_token_goes_where_a_server_leads(ask: Callable[[Liar], None], liar: Liar):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        other = Liar(f"http://127.0.0.1:{elsewhere.getsockname()[1]}")
        threading.Thread(target=serve, args=(elsewhere, other), daemon=True).start()
        where = f"Location: {other.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        liar.talk = at_once(b"HTTP/1.1 307 Temporary Redirect\r\n" + where)
        words_of(ask, liar)
        elsewhere.shutdown(socket.SHUT_RDWR)
    assert SECRET.encode() in liar.heard[0]
    assert other.heard == []


@pytest.mark.parametrize("ask", CLIENTS[:2])
@pytest.mark.parametrize("results", [[], [{"id": 1, "name": "mark", "project_id": 1}]])
def test_a_list_that_never_ends_is_an_error(
    ask: Callable[[Liar], None], results: list[object], liar: Liar
):
    body = json.dumps({"results": results, "next": "http://127.0.0.1/more", "count": 9}).encode()
    liar.talk = at_once(OK, b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body), body)
    words_of(ask, liar)
    assert len(liar.heard) <= 2


@pytest.mark.parametrize("how", [*WRONG, *ENDLESS])
def test_a_notice_ends_whatever_is_answered(how: str, liar: Liar):
    liar.talk = {**WRONG, **ENDLESS}[how]
    with suppress(YmirError):
        assert "\n" not in post(liar.url, b"{}", {}, bounds=SMALL)
    assert len(liar.heard) == 1


def test_what_is_within_its_bounds_comes_through_as_it_is() -> None:
    pieces = [b"a" * 10, b"", b"b" * 10]
    assert list(bounded(pieces, Bounds(most=20))) == pieces


def test_what_is_beyond_is_said_with_its_bound() -> None:
    with pytest.raises(TooLargeError, match="more than 20 bytes"):
        list(bounded([b"a" * 21], Bounds(most=20)))
    with pytest.raises(TooLargeError, match="more than 2 MiB"):
        list(bounded([b"a" * (3 << 20)], Bounds(most=2 << 20)))
    with pytest.raises(TooSlowError, match="is not whole after"):
        list(bounded([b"a"], Bounds(seconds=-1, pace=1 << 30)))
    with pytest.raises(TooLargeError):
        list(bounded(itertools.repeat(b"a"), Bounds(most=1000)))
