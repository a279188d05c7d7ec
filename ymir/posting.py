"""One HTTP request with a JSON body, as notices need it: short, bounded, and without secrets."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpx

from ymir.errors import YmirError
from ymir.vault import masked

_TIMEOUT = httpx.Timeout(10, connect=5)
_LONGEST = 15.0  # seconds for the whole answer
_MOST = 2048  # bytes of an answer that are read
_SHOWN = 200  # letters of it that are repeated


class PostError(YmirError):
    """A server did not take what it was sent."""


def post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Send the body; what was answered, in one line. No redirect is followed."""
    given = {"Content-Type": "application/json", "User-Agent": "ymir", **headers}
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=given) as answer,
        ):
            said = f"{answer.status_code} {_start(answer)}".strip()
            is_taken = answer.is_success
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise PostError(f"nobody answers: {masked(str(error)) or type(error).__name__}") from error
    if not is_taken:
        raise PostError(f"it was refused: {masked(said)}")
    return masked(said)


def _start(answer: httpx.Response) -> str:
    """The first words of an answer, on one line."""
    read, until = b"", time.monotonic() + _LONGEST
    for piece in answer.iter_bytes(_MOST):
        read += piece
        if len(read) >= _MOST or time.monotonic() > until:
            break
    return " ".join(read[:_MOST].decode(errors="replace").split())[:_SHOWN]
