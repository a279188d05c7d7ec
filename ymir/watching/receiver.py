"""Hears label and git servers call: a call only wakes the watcher; nothing in it is believed."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import orjson
from aiohttp import web

from ymir.serving.listening import listen, log_of

LABEL_STUDIO, CVAT, GITHUB, GITLAB = "/label-studio", "/cvat", "/github", "/gitlab"
SECRET = "X-Ymir-Secret"  # noqa: S105 - the name of a header that Label Studio sends as it was told
SIGNED = "X-Signature-256"  # and CVAT: `sha256=`, then the HMAC of the body in hex
_MARK = "[ymir:"  # begins the description of a project in Label Studio that is a batch of ours
_LARGEST = 4 * 2**20  # bytes of a call
_PATIENCE = 10.0  # seconds that a call may take to arrive
_NAMES = {LABEL_STUDIO: "Label Studio", CVAT: "CVAT", GITHUB: "GitHub", GITLAB: "GitLab"}
_OF_GIT = (GITHUB, GITLAB)
_SIGNING = (CVAT, GITHUB)  # the others show the secret itself
_HEADERS = {
    LABEL_STUDIO: SECRET,
    CVAT: SIGNED,
    GITHUB: "X-Hub-Signature-256",
    GITLAB: "X-Gitlab-Token",
}


class Answering(Protocol):
    """Whoever answers calls."""

    async def answer(self, request: web.Request) -> web.Response:
        """One call."""


@dataclass(frozen=True)
class Pushes:
    """Whom to tell that somebody pushed to this branch."""

    branch: str
    ring: Callable[[str], None]


class Receiver:
    """Answers calls; `keys` are those of the batches that are known here, `ring` wakes whoever."""

    def __init__(
        self,
        secrets: Collection[str],
        keys: Callable[[], Collection[str]],
        ring: Callable[[str], None],
        pushes: Pushes | None = None,
    ) -> None:
        self._pushes = pushes
        self._secrets = tuple(map(_bytes, secrets))
        self._keys = keys
        self._ring = ring

    async def answer(self, request: web.Request) -> web.Response:
        """One call; answered at once, since the label server waits for it."""
        answer = await self._answer(request)
        answer.headers.update({"Server": "ymir", "Cache-Control": "no-store"})
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path not in _NAMES or (request.path in _OF_GIT and not self._pushes):
            return _said(404, "there is nothing here")
        if request.method != "POST":
            return _said(405, "only POST is heard here", Allow="POST")
        header, is_signing = _HEADERS[request.path], request.path in _SIGNING
        shown = request.headers.get(header)
        if shown is None:
            return _said(401, f"a secret is needed, in the header {header}")
        if not is_signing and not self._is_secret(shown):
            return _said(403, "this is not the secret")
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except TimeoutError:
            return _said(408, "this took too long")
        if is_signing and not self._is_signature(shown, body):
            return _said(403, "this is not signed with the secret")
        return await self._heard(request.path, body)

    async def _heard(self, path: str, body: bytes) -> web.Response:
        try:
            said = orjson.loads(body)
        except ValueError:
            return _said(400, "this is no JSON")
        if path in _OF_GIT:
            self._hear_push(path, said)
        elif await asyncio.to_thread(self._is_of_ours, said):
            self._ring(f"{_NAMES[path]} says that something changed")
        return web.Response(status=204)

    def _hear_push(self, path: str, said: object) -> None:
        """Who does not say where something was pushed to (a ping, an issue) is not heard."""
        ref = said.get("ref") if isinstance(said, dict) else None
        if self._pushes and ref == f"refs/heads/{self._pushes.branch}":
            self._pushes.ring(f"{_NAMES[path]} says that somebody pushed")

    def _is_secret(self, shown: str) -> bool:
        """Whether it is one of the secrets, in a time that does not tell how much is right."""
        return any(hmac.compare_digest(_bytes(shown), each) for each in self._secrets)

    def _is_signature(self, shown: str, body: bytes) -> bool:
        made = (f"sha256={hmac.new(each, body, sha256).hexdigest()}" for each in self._secrets)
        return any(hmac.compare_digest(_bytes(shown), _bytes(each)) for each in made)

    def _is_of_ours(self, said: object) -> bool:
        """Whether it may be about a batch of this workspace: who does not say may be heard."""
        project = said.get("project") if isinstance(said, dict) else None
        marked = project.get("description") if isinstance(project, dict) else None
        if not isinstance(marked, str):
            return True
        return any(marked.startswith(f"{_MARK}{key}]") for key in self._keys())


@asynccontextmanager
async def receiving(receiver: Answering, host: str, port: int) -> AsyncIterator[int]:
    """While inside, calls are answered; gives the port."""
    listening = listen(host, port)
    app = web.Application(client_max_size=_LARGEST)
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    log = log_of("ymir.watching")
    runner = web.AppRunner(app, access_log=None, logger=log, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield listening.getsockname()[1]
    finally:
        await runner.cleanup()


def _said(status: int, text: str, **headers: str) -> web.Response:
    """A line of plain text."""
    return web.Response(status=status, text=f"{text}\n", headers=headers)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
