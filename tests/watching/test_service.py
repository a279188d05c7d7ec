"""A service manager is told that the watcher is ready and lives, on a real socket."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watching.loops import run
from ymir.watching.service import Service


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """Its address and its socket."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(address)
        heard.settimeout(30)
        yield address, heard


def test_it_hears_that_the_watcher_is_ready_what_it_does_and_that_it_ends(
    manager: tuple[str, socket.socket],
) -> None:
    address, heard = manager
    service = Service({"NOTIFY_SOCKET": address})
    service.ready()
    service.status("two\nlines")
    service.stopping()
    assert [heard.recv(999) for _ in range(3)] == [b"READY=1", b"STATUS=two lines", b"STOPPING=1"]


def test_it_hears_again_and_again_that_the_watcher_lives(
    manager: tuple[str, socket.socket],
) -> None:
    address, heard = manager
    service = Service({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000"})

    async def live() -> None:
        living = asyncio.ensure_future(service.live())
        await asyncio.sleep(0.1)
        living.cancel()

    run(live())
    assert [heard.recv(999) for _ in range(3)] == [b"WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "environment",
    [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"NOTIFY_SOCKET": "@nobody", "WATCHDOG_USEC": "x"}],
)
def test_a_manager_that_is_not_there_or_does_not_listen_is_no_reason_to_end(
    environment: dict[str, str],
) -> None:
    service = Service(environment)
    service.ready()
    run(service.live())
