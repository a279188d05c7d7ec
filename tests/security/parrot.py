"""A server that repeats everything it is told, headers and all, and refuses it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def repeating() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was told, while inside."""
    told: list[str] = []

    class Parrot(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            heard = f"{self.path} {dict(self.headers)}"
            signed_in = self.headers.get("Authorization", "")
            if self.path.startswith("/repository") and not signed_in:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="here"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if signed_in.startswith("Basic "):
                heard += base64.b64decode(signed_in[6:]).decode(errors="replace")
            told.append(heard)
            said = json.dumps({"detail": heard, "message": heard}).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_PROPFIND = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
