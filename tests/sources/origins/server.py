"""A web server on the loopback that behaves as badly as it is told to; it stops by itself."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Site:
    """One file, and how it is served."""

    content: bytes
    version: str | None = '"1"'  # the ETag
    modified: str | None = None
    knows_ranges: bool = True
    drops: list[int] = field(default_factory=list)  # break off after so many bytes, once each
    answers: list[int] = field(default_factory=list)  # say this first, once each
    leads_to: str | None = None
    says_length: int | None = None
    drips: float = 0.0  # seconds between two bytes
    after: Callable[["Site"], None] | None = None  # called when a request has been answered
    asked: list[dict[str, str]] = field(default_factory=list)  # the headers of each request
    url: str = ""


@contextmanager
def serving(site: Site, certificate: tuple[Path, Path] | None = None) -> Iterator[Site]:
    """The site, while the block lasts, over TLS with a certificate; its address is `site.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(dict(self.headers))
            _answer(self, site)
            if site.after:
                site.after(site)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of a client that hangs up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        site.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/data.zip"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def _answer(asked: BaseHTTPRequestHandler, site: Site) -> None:
    if site.answers:
        asked.send_error(site.answers.pop(0))
    elif site.leads_to:
        asked.send_response(302)
        asked.send_header("Location", site.leads_to)
        asked.end_headers()
    else:
        _send(asked, site)


def _send(asked: BaseHTTPRequestHandler, site: Site) -> None:
    start = _start(asked, site)
    whole = len(site.content)
    if start > whole or (start and start == whole):
        asked.send_response(416)
        asked.send_header("Content-Range", f"bytes */{whole}")
        asked.send_header("Content-Length", "0")
        asked.end_headers()
        return
    asked.send_response(206 if start else 200)
    if start:
        asked.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
    for name, value in (("ETag", site.version), ("Last-Modified", site.modified)):
        if value:
            asked.send_header(name, value)
    length = whole - start if site.says_length is None else site.says_length
    if length >= 0:
        asked.send_header("Content-Length", str(length))
    asked.end_headers()
    end = start + site.drops.pop(0) if site.drops else whole
    for at in range(start, end) if site.drips else ():
        time.sleep(site.drips)
        asked.wfile.write(site.content[at : at + 1])
    if not site.drips:
        asked.wfile.write(site.content[start:end])


def _start(asked: BaseHTTPRequestHandler, site: Site) -> int:
    wanted = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
    condition = asked.headers.get("If-Range")
    is_same = condition in (None, site.version, site.modified)
    return int(wanted[1]) if wanted and is_same and site.knows_ranges else 0
