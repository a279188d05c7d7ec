"""A proxy between ymir and a real Label Studio that misbehaves on purpose."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Literal

from tests.labelstudio.server import PATIENCE, Server

_OWN = ("connection", "transfer-encoding", "content-length", "host")


@dataclass(frozen=True)
class Answer:
    """Something that the server never said."""

    status: int
    body: bytes = b'{"detail": "not now"}'
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


# `deaf`: hangs up before anybody hears the call; `lost`: when all is done, without an answer.
Fault = Answer | Literal["deaf", "lost"] | None
DEAD = Answer(429, headers={"Retry-After": "3600"})  # nothing is done, and nobody waits for it


@dataclass
class Proxy:
    """Where it listens, what it has heard, and how it misbehaves at the n-th call (from 1)."""

    url: str
    fault: Callable[[int, str, str], Fault] = lambda number, method, path: None
    calls: list[str] = field(default_factory=list)

    def matching(self, part: str) -> list[str]:
        """The calls that went to such a path; a path ends with a blank."""
        return [call for call in self.calls if part in f"{call} "]


def at(part: str, *faults: Fault) -> Callable[[int, str, str], Fault]:
    """These faults, one after the other, at the calls to such a path; then it behaves."""
    left = list(faults)

    def choose(number: int, method: str, path: str) -> Fault:
        return left.pop(0) if part in f"{method} {path} " and left else None

    return choose


@contextmanager
def between(server: Server, certificate: tuple[Path, Path] | None = None) -> Iterator[Proxy]:
    """A proxy that behaves until it is told not to; over TLS, with a certificate and its key."""
    with Listening(server.port) as listening:
        if certificate:
            listening.speaks_tls(*certificate)
        thread = Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield listening.proxy
        finally:
            listening.shutdown()
            thread.join()


class Listening(ThreadingHTTPServer):
    """The server that passes calls on to the port `behind` it."""

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind, self.lock = behind, Lock()
        self.proxy = Proxy(f"http://127.0.0.1:{self.server_port}")

    def speaks_tls(self, certificate: Path, key: Path) -> None:
        """Be known by this certificate from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.proxy.url = self.proxy.url.replace("http:", "https:")

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or trusts nobody, is no news."""

    def hears(self, method: str, path: str) -> Fault:
        """Write a call down; how to misbehave at it."""
        with self.lock:
            self.proxy.calls.append(f"{method} {path}")
            return self.proxy.fault(len(self.proxy.calls), method, path)


class Passing(BaseHTTPRequestHandler):
    """Passes calls of any method on."""

    protocol_version = "HTTP/1.1"
    server: Listening

    def handle_one_request(self) -> None:
        """One call; a client that hangs up is no news."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.hears(self.command, self.path)
        if isinstance(fault, Answer):
            self._say(fault.status, {"Content-Type": fault.kind, **fault.headers}, fault.body)
        elif fault is None:
            self._say(*self._ask(body))
        else:
            if fault == "lost":
                self._ask(body)
            self.close_connection = True

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        there = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=PATIENCE)
        try:
            there.request(self.command, self.path, body or None, _kept(self.headers.items()))
            answer = there.getresponse()
            return answer.status, _kept(answer.getheaders()), answer.read()
        finally:
            there.close()

    def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _OWN}
