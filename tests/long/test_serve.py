"""`ymir serve` is as it was after crowds of people who look, hang up, and come again."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.test_serve import Server, serving
from tests.workspaces import unproven

VISITS = 100 * int(os.environ.get("YMIR_SOAK", "3"))
AT_ONCE = 40
PATHS = ("/", "/live.json", "/nothing", "/../../etc/passwd")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of a workspace that was never applied."""
    root = unproven(tmp_path_factory.mktemp("served") / "pets").root
    with serving(root) as server:
        server.until(lambda live: live["page"])
        yield server


def handles(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def threads(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def visit(server: Server, times: int) -> None:
    for number in range(times):
        answer, _ = server.ask(PATHS[number % len(PATHS)])
        assert answer.status in (200, 400, 404, 503)


def hang_up(server: Server, count: int, said: bytes) -> None:
    """Many at a time who begin to say something, and go."""
    asking = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    for each in asking:
        each.sendall(said)
    for each in asking:
        each.close()


def test_visitors_leave_no_open_files_and_no_threads(server: Server) -> None:
    visit(server, 40)
    before = handles(server), threads(server)
    visit(server, VISITS)
    server.until(lambda _: handles(server) <= before[0] + 2)
    assert threads(server) <= before[1] + 4  # of a pool that has a limit


@pytest.mark.parametrize(
    "said", [b"", b"GET / HT", b"GET /live.json HTTP/1.1\r\nHost: localhost\r\n\r\n"]
)
def test_those_who_hang_up_leave_nothing_either(server: Server, said: bytes) -> None:
    before = handles(server)
    for _ in range(max(1, VISITS // (3 * AT_ONCE))):
        hang_up(server, AT_ONCE, said)
    server.until(lambda _: handles(server) <= before + 2)
    assert server.ask("/live.json")[0].status == 200
