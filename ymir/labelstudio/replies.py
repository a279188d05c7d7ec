"""What an answer of the server means: something, not now, or a mistake that people must mend."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import orjson
from pydantic import JsonValue

from ymir.errors import DataError
from ymir.vault import masked

_BUSY = frozenset({429, 500, 502, 503, 504})
_NOT_DONE = frozenset({429})  # the server says that it did nothing
_LONGEST = 400  # letters of what a server says that people are shown


class AwayError(Exception):
    """The server does not answer now, or not sensibly; the text says how.

    `is_doubtful`: it may have done what it was asked to; `is_refusal`: it crashed over what it was
    given, and will again; `after`: how many seconds it asks for.
    """

    def __init__(
        self, what: str, *, is_doubtful: bool, is_refusal: bool = False, after: float = 0
    ) -> None:
        super().__init__(what)
        self.is_doubtful, self.is_refusal, self.after = is_doubtful, is_refusal, after

    @classmethod
    def of(cls, response: httpx.Response, *, is_doubtful: bool) -> AwayError:
        """One that the server itself says."""
        said = f"HTTP {response.status_code}: {words_of(response)}"
        is_crash = response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        is_refusal = is_crash and is_doubtful and response.request.method == "POST"
        return cls(said, is_doubtful=is_doubtful, is_refusal=is_refusal, after=_after(response))


class AbsentError(DataError):
    """There is no such thing on the server."""


def is_busy(response: httpx.Response) -> bool:
    """Whether it is worth to ask again."""
    return response.status_code in _BUSY


def value_of(response: httpx.Response, url: str) -> JsonValue:
    """What the server answers; raises where that is a mistake."""
    asked = f"{response.request.method} {response.request.url.path}"
    if is_busy(response):
        raise AwayError.of(response, is_doubtful=response.status_code not in _NOT_DONE)
    if response.is_redirect:
        raise DataError(
            f"`{url}` sends everybody on to {response.headers.get('location', 'nowhere')}",
            hint="put the address that Label Studio has itself into `url`",
        )
    if response.status_code == httpx.codes.NOT_FOUND:
        raise AbsentError(f"Label Studio at {url} has no {response.request.url.path}", hint=LOOK)
    if not response.is_success:
        said = f"HTTP {response.status_code}: {words_of(response)}"
        raise DataError(f"Label Studio at {url} refuses `{asked}`: {said}", hint=_hint(response))
    try:
        return orjson.loads(response.content) if response.content else None
    except ValueError as error:
        what = "a web page" if "<html" in response.text[:2000].lower() else "something"
        raise DataError(
            f"`{url}` answers `{asked}` with {what} that is no answer of Label Studio", hint=LOOK
        ) from error


LOOK = "look at `url` in the spec: it is the address of Label Studio's start page"


def _hint(response: httpx.Response) -> str | None:
    if response.status_code == httpx.codes.FORBIDDEN:
        return "the user whose token it is may not do this: ask who runs the server"
    return None


def words_of(response: httpx.Response) -> str:
    """What the server says, for people; no secret, and not too much."""
    try:
        said = orjson.loads(response.content)
    except ValueError:
        said = None
    if isinstance(said, dict):
        said = said.get("validation_errors") or said.get("detail") or said
    if said is None:
        text = "a web page" if "<html" in response.text[:2000].lower() else response.text.strip()
    else:
        text = said if isinstance(said, str) else orjson.dumps(said).decode()
    return masked(text)[:_LONGEST] or response.reason_phrase


def _after(response: httpx.Response) -> float:
    """How many seconds the server asks to be left alone."""
    written = response.headers.get("retry-after", "")
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        at = parsedate_to_datetime(written)
        now = parsedate_to_datetime(response.headers["date"])
        return max(0.0, (at - now).total_seconds())
    except (ValueError, TypeError, LookupError):
        return 0.0
