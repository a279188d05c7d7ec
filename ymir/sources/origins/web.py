"""Fetch a file over HTTP, continuing where it broke off; only over TLS once it began with TLS."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from functools import partial
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO

import orjson

from ymir.bounds import Bounds, TooLargeError, TooSlowError, bounded
from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.sources.origins.budget import LIMITS, Limits, no_room, room_in
from ymir.spec.addresses import WEB, scheme_of

_PIECE = 1 << 20
_TIMEOUT = 60  # seconds without a byte
_PAUSES = (0.5, 2, 5, 15, 30, 60)  # seconds before each further attempt
_PROGRESS = 1 << 20  # bytes that make up for an attempt that failed
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # what a server says that may soon say otherwise
_OK, _PARTIAL, _OUT_OF_RANGE = 200, 206, 416


class _BrokenOffError(Exception):
    """The connection ended too early; another attempt may do."""


def pull(url: str, part: Path, pauses: Sequence[float] = _PAUSES, limits: Limits = LIMITS) -> None:
    """Continue `part` until it is whole; gives up after too many attempts that brought nothing."""
    failed = 0
    while True:
        before = _size(part)
        try:
            _continue(url, part, limits)
        except _BrokenOffError as error:
            failed = 0 if _size(part) - before >= _PROGRESS else failed + 1
            if failed > len(pauses):
                raise DataError(
                    f"`{url}` cannot be fetched: {error} ({failed} attempts)",
                    hint="run again later; what has arrived is kept",
                ) from error
            time.sleep(pauses[failed - 1] if failed else 0)
        else:
            _notes(part).unlink(missing_ok=True)
            return


def _continue(url: str, part: Path, limits: Limits) -> None:
    have = _size(part)
    request = urllib.request.Request(url, headers=_headers(url, part, have))  # noqa: S310 - http(s)
    try:
        with _opener().open(request, timeout=_TIMEOUT) as response:
            _receive(url, response, part, limits)
    except urllib.error.HTTPError as error:
        _answer(url, error, part, have)
    except urllib.error.URLError as error:
        raise _unreachable(url, error) from error
    except (OSError, HTTPException) as error:
        if isinstance(error, OSError) and error.filename:  # our own disk
            raise
        raise _BrokenOffError(
            f"the connection broke off ({error or type(error).__name__})"
        ) from error


def _headers(url: str, part: Path, have: int) -> dict[str, str]:
    """Ask for the rest, if it is the rest of the same file."""
    try:
        noted = orjson.loads(_notes(part).read_bytes())
        is_same = have > 0 and noted["url"] == url
    except (OSError, ValueError, KeyError, TypeError):
        is_same = False
    if not is_same:
        part.unlink(missing_ok=True)
        return {}
    return {"Range": f"bytes={have}-", "If-Range": noted["version"]}


def _receive(url: str, response: HTTPResponse, part: Path, limits: Limits) -> None:
    have, room = _size(part), room_in(part.parent, limits)
    is_rest = response.status == _PARTIAL and _start(response.headers) == have
    if not is_rest and response.status != _OK:
        part.unlink(missing_ok=True)
        raise _BrokenOffError(f"the server answers {response.status} to what was not asked")
    left = _length(response.headers)
    if left is not None and left > room:
        raise no_room(f"`{url}` has {left >> 20} MB and cannot be stored", limits)
    if not is_rest:
        _note(url, response.headers, part)
    with part.open("ab" if is_rest else "wb") as file:
        received = _copy(response, file, Bounds(room, limits.seconds, limits.pace))
    if received > room:
        raise no_room(f"`{url}` cannot be stored", limits)
    if left is not None and received < left:
        raise _BrokenOffError(f"the connection broke off after {received} of {left} bytes")


def _copy(response: HTTPResponse, file: IO[bytes], bounds: Bounds) -> int:
    """How many bytes came, or more than there may be; raises where they hardly come."""
    received = 0
    try:
        for piece in bounded(iter(partial(response.read1, _PIECE), b""), bounds):
            file.write(piece)
            received += len(piece)
    except TooLargeError:
        return bounds.most + 1
    except TooSlowError as error:
        raise _BrokenOffError(str(error)) from error
    return received


def _note(url: str, headers: Message, part: Path) -> None:
    """Remember which version this is: only its rest may be put behind it."""
    tag = headers.get("ETag", "")
    version = tag if tag.startswith('"') else headers.get("Last-Modified")
    if version:
        write_whole(_notes(part), json.dumps({"url": url, "version": version}))
    else:
        _notes(part).unlink(missing_ok=True)


def _answer(url: str, error: urllib.error.HTTPError, part: Path, have: int) -> None:
    with error:
        if error.code == _OUT_OF_RANGE and have:
            total = error.headers.get("Content-Range", "").rpartition("/")[2]
            if total == str(have):
                return
            part.unlink()
            raise _BrokenOffError("the server has another file now")
        if error.code in _PASSING:
            raise _BrokenOffError(f"the server answers {error.code} {error.reason}")
        raise DataError(
            f"`{url}` cannot be fetched: the server answers {error.code} {error.reason}",
            hint="check `from: url:`",
        )


def _unreachable(url: str, error: urllib.error.URLError) -> Exception:
    if isinstance(error.reason, ssl.SSLCertVerificationError):
        return DataError(
            f"`{url}` cannot be trusted: {error.reason.verify_message}",
            hint="check the address, and the clock and the certificates of this machine",
        )
    return _BrokenOffError(f"the server cannot be reached ({error.reason})")


def _start(headers: Message) -> int | None:
    """Where the part that was sent begins: `bytes 100-199/200`."""
    text = headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdecimal() else None


def _length(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to other servers, never away from TLS and never to another kind of address."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request."""
        scheme = scheme_of(newurl)
        if scheme not in WEB or (req.type == "https" and scheme != "https"):
            raise DataError(
                f"`{req.full_url}` leads to `{newurl}`, which is not safe to follow",
                hint="write the address that it should lead to",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Only the web: what urllib opens by default includes files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _notes(part: Path) -> Path:
    return part.with_suffix(".json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
