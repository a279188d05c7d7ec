"""What both code-hosting services have in common, over real HTTP on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """What is answered to one request."""

    status: int
    value: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None  # where it is no JSON


@dataclass
class Asked:
    """One request."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, object]


@dataclass
class Host:
    """Remembers what was asked; `trouble` comes first, one reply for each request."""

    answer: Callable[[Asked], Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    trouble: list[Reply] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def verbs(self) -> list[str]:
        """The verbs, without looks."""
        return [each.verb for each in self.asked if each.verb != "GET"]


@contextmanager
def hosting(answer: Callable[[Asked], Reply]) -> Iterator[Host]:
    """A server on the loopback for as long as this is open."""
    host = Host(answer)

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            given = self.rfile.read(size)
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            body = json.loads(given) if given else {}
            one = Asked(self.command, parts.path, query, dict(self.headers.items()), body)
            with host.lock:
                host.asked.append(one)
                reply = host.trouble.pop(0) if host.trouble else host.answer(one)
            text = reply.text if reply.text is not None else json.dumps(reply.value)
            said = b"" if reply.status == 204 else text.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815 - as the library calls

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
