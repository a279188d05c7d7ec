"""A socket between ymir and a real container engine that stumbles at the calls it is told to."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# `deaf`: hangs up unheard; `lost`: what is asked is done, and no answer comes; `ill`: HTTP 500;
# `odd`: a web page; `mute`: takes the call, and nothing follows.
Fault = Literal["deaf", "lost", "ill", "odd", "mute"]
_SAID = {
    "ill": b'HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n{"message": "context deadline"}',
    "odd": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>Welcome</html>",
}
_PIECE = 1 << 16


@dataclass
class Between:
    """Where it listens, what it was asked, and which calls (from 1) go wrong, and how."""

    path: Path
    behind: str
    faults: Callable[[int], Fault | None] = lambda number: None
    asked: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def between(folder: Path, behind: str) -> Iterator[Between]:
    """The socket, while inside."""
    found = Between(folder / "engine.sock", behind)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(found.path))
        listening.listen(20)
        threading.Thread(target=_serve, args=(listening, found), daemon=True).start()
        yield found
        found.is_over.set()
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, found: Between) -> None:
    with suppress(OSError):
        while True:
            peer, _ = listening.accept()
            threading.Thread(target=_answer, args=(peer, found), daemon=True).start()


def _answer(peer: socket.socket, found: Between) -> None:
    with suppress(OSError), peer:
        request = _heard(peer)
        if not request:
            return
        found.asked.append(request.split(b"\r\n")[0].decode())
        fault = found.faults(len(found.asked))
        if fault == "odd" and request.startswith(b"DELETE"):  # of which a good answer is believed
            fault = "ill"
        if fault == "mute":
            found.is_over.wait(60)
        elif fault in _SAID:
            peer.sendall(_SAID[fault])
        elif fault != "deaf":
            _pass_on(request, found.behind, None if fault == "lost" else peer)


def _heard(peer: socket.socket) -> bytes:
    """One request, with word that there will be no second."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        if not (piece := peer.recv(_PIECE)):
            return b""
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += peer.recv(_PIECE)
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", body])


def _pass_on(request: bytes, behind: str, peer: socket.socket | None) -> None:
    with socket.socket(socket.AF_UNIX) as engine:
        engine.connect(behind)
        engine.sendall(request)
        while piece := engine.recv(_PIECE):
            if peer is not None:
                peer.sendall(piece)
