"""The server: GET and HEAD, of pages below `reports/` and of how things stand."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import orjson
from aiohttp import web

from ymir.serving.files import LIVE_POLICY, find
from ymir.serving.guard import Guard
from ymir.serving.listening import listen, log_of
from ymir.serving.live import Live
from ymir.serving.refresh import Refresher

_READING = ("GET", "HEAD")
_FRESH = 1.0  # seconds for which an answer on how things stand is good
_ALWAYS = {
    "Server": "ymir",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_BARE = "default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Offer:
    """What is served: the live page, the folders behind it, and how things stand."""

    page: Path
    roots: Mapping[str, Path]
    look: Callable[[], Live]  # takes its time, and is called in a thread
    trouble: Callable[[], str | None]  # why there is no page


class Desk:
    """Answers requests."""

    def __init__(self, guard: Guard, offer: Offer, cookie: str) -> None:
        self._guard, self._offer, self._cookie = guard, offer, cookie
        self._looking = asyncio.Lock()
        self._seen: tuple[float, bytes] | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request; what is wrong with it is said in a line."""
        answer = await self._answer(request)
        answer.headers.update(_ALWAYS)
        answer.headers.setdefault("Content-Security-Policy", _BARE)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.method not in _READING:
            return _said(405, "this server only shows: GET and HEAD", Allow=", ".join(_READING))
        if not self._guard.is_named(request.headers.get("Host")):
            return _said(403, "this is a server of another name: ask for localhost")
        if "token" in request.query and self._guard.token:
            return self._let_in(request)
        if not self._is_let_in(request):
            return _said(401, "a token is needed: the address that `ymir serve` printed has it")
        if request.path in ("/", "/index.html"):
            return self._page()
        if request.path == "/live.json":
            return web.Response(body=await self._live(), content_type="application/json")
        served = find(self._offer.roots, request.path)
        if served is None:
            return _said(404, "there is nothing here")
        return web.FileResponse(served.path, headers=served.headers)

    def _is_let_in(self, request: web.Request) -> bool:
        said = request.headers.get("Authorization", "")
        if said.startswith("Bearer "):
            return self._guard.is_known(said.removeprefix("Bearer "))
        return self._guard.has_pass(request.cookies.get(self._cookie))

    def _let_in(self, request: web.Request) -> web.Response:
        """A page that goes on without the token in its address.

        Not a redirection: a browser that followed a link would not send the cookie with it.
        """
        if not self._guard.is_known(request.query["token"]):
            return _said(401, "this is not the token that `ymir serve` printed")
        where = escape(quote("/" + request.path.lstrip("/")))
        text = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>ymir</title>'
            f'<meta http-equiv="refresh" content="0; url={where}"><p><a href="{where}">Go on</a>'
        )
        answer = web.Response(text=text, content_type="text/html")
        answer.set_cookie(
            self._cookie, self._guard.cookie, httponly=True, samesite="Strict", path="/"
        )
        return answer

    def _page(self) -> web.StreamResponse:
        if not self._offer.page.is_file():
            why = escape(self._offer.trouble() or "The page is being made …")
            text = (
                '<!doctype html><html lang="en"><meta charset="utf-8"><title>ymir</title>'
                f'<meta http-equiv="refresh" content="2"><pre>{why}</pre>'
            )
            return web.Response(text=text, content_type="text/html", status=503)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": LIVE_POLICY,
            "Cache-Control": "no-cache",
        }
        return web.FileResponse(self._offer.page, headers=headers)

    async def _live(self) -> bytes:
        """How things stand; looked up once for all who ask at a time."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._seen is None or now - self._seen[0] > _FRESH:
                live = await asyncio.to_thread(self._offer.look)
                self._seen = (asyncio.get_running_loop().time(), orjson.dumps(asdict(live)))
            return self._seen[1]


async def serve(
    guard: Guard, port: int, offer: Offer, refresher: Refresher, begun: Callable[[int], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `begun` hears the port."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    listening = listen(guard.host, port)
    port = listening.getsockname()[1]
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", Desk(guard, offer, f"ymir-{port}").answer)
    runner = web.AppRunner(
        app, access_log=None, logger=log_of("ymir.serving"), shutdown_timeout=1.0
    )
    await runner.setup()
    await web.SockSite(runner, listening).start()
    fresh = asyncio.create_task(refresher.run())
    fresh.add_done_callback(lambda _: stop.set())  # only a mistake of ours ends it by itself
    begun(port)
    try:
        await stop.wait()
    finally:
        fresh.cancel()
        with suppress(asyncio.CancelledError):
            await fresh
        await runner.cleanup()


def _said(status: int, text: str, **headers: str) -> web.Response:
    """A line of plain text."""
    return web.Response(status=status, text=f"{text}\n", headers=headers)
