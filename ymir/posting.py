"""One HTTP request with a JSON body, as notices need it: short, bounded, and without secrets."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from ymir.bounds import Bounds, TooLargeError, TooSlowError, keeping
from ymir.errors import YmirError
from ymir.vault import masked

_TIMEOUT = httpx.Timeout(10, connect=5)
_BOUNDS = Bounds(most=1 << 20, seconds=15, pace=1 << 20)  # of what is answered; less is shown
_MOST = 2048  # bytes of an answer that are looked at
_SHOWN = 200  # letters of it that are repeated


class PostError(YmirError):
    """A server did not take what it was sent."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, bounds: Bounds = _BOUNDS) -> str:
    """Send the body; what was answered, in one line. No redirect is followed."""
    given = {"Content-Type": "application/json", "User-Agent": "ymir", **headers}
    hooks = {"response": [keeping(bounds)]}
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, event_hooks=hooks) as client,
            client.stream("POST", url, content=body, headers=given) as answer,
        ):
            said = f"{answer.status_code} {_start(answer)}".strip()
            is_taken = answer.is_success
    except (TooLargeError, TooSlowError) as error:
        raise PostError(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise PostError(f"nobody answers: {masked(str(error)) or type(error).__name__}") from error
    if not is_taken:
        raise PostError(f"it was refused: {masked(said)}")
    return masked(said)


def _start(answer: httpx.Response) -> str:
    """The first words of an answer, on one line."""
    read = b""
    for piece in answer.iter_bytes():
        read += piece
        if len(read) >= _MOST:
            break
    said = " ".join(read[:_MOST].decode(errors="replace").split())
    return masked(said)[:_SHOWN]
