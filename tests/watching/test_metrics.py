"""Prometheus is answered with the workspace's numbers and the watcher's own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest

from ymir.errors import SpecError
from ymir.exposition import CONTENT_TYPE
from ymir.watching.board import Board
from ymir.watching.metrics import Metrics
from ymir.watching.receiver import receiving
from ymir.watching.sight import Sight

BOARD = Board(Sight(broken=("specs/a.yaml:1:1: x",)), synced=1700000000.5)


@contextmanager
def answering(metrics: Metrics) -> Iterator[int]:
    """Its port; it answers in a thread of its own."""
    ports: list[int] = []
    begun, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def answer() -> None:
        async with receiving(metrics, "127.0.0.1", 0) as port:
            ports.append(port)
            begun.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answer(),))
    thread.start()
    try:
        assert begun.wait(30)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


def ask(port: int, path: str = "/metrics", method: str = "GET") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_both_are_there_and_many_who_ask_cost_one_look() -> None:
    looks = []

    def measured() -> str:
        looks.append(1)
        return "ymir_synced 1\n"

    with answering(Metrics(measured, lambda: BOARD)) as port:
        for _ in range(5):
            answer, text = ask(port)
            assert answer.status == 200
    assert answer.getheader("Content-Type") == CONTENT_TYPE
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines == [
        "ymir_synced 1",
        "ymir_watch_applying 0",
        "ymir_watch_specs_broken 1",
        "ymir_watch_held 0",
        "ymir_watch_trouble 0",
        "ymir_watch_synced_timestamp_seconds 1700000000.5",
    ]
    assert len(looks) == 1


def test_broken_specs_leave_the_watchers_own_numbers() -> None:
    def measured() -> str:
        raise SpecError("broken")

    with answering(Metrics(measured, lambda: BOARD)) as port:
        answer, text = ask(port)
    assert answer.status == 200
    assert "ymir_watch_specs_broken 1" in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/metrics/../x", 404), ("POST", "/metrics", 405)],
)
def test_nothing_else_is_answered(method: str, path: str, status: int) -> None:
    with answering(Metrics(lambda: "", lambda: BOARD)) as port:
        assert ask(port, path, method)[0].status == status
