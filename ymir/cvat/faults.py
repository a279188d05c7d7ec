"""What a call that failed means: not now, or a mistake that people must mend."""

from __future__ import annotations

import time
from dataclasses import dataclass

import orjson

from ymir.errors import DataError
from ymir.vault import masked

LOOK = "look at `url` in the spec: it is the address of CVAT's start page"
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_UNKNOWN_PERSON, _NOT_ALLOWED, _ABSENT, _TOO_MANY = 401, 403, 404, 429
_LONGEST = 400  # letters of what a server says that people are shown
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 8.0  # seconds


class AwayError(Exception):
    """The server does not answer now, or not sensibly.

    `after`: the seconds that it asks for; `is_doubtful`: it may have done what it was asked to.
    """

    def __init__(self, what: str, *, after: float = 0, is_doubtful: bool = True) -> None:
        super().__init__(what)
        self.after, self.is_doubtful = after, is_doubtful


@dataclass(frozen=True)
class Refused:
    """An answer that is none: its HTTP status, what it says, and what was asked for."""

    status: int
    said: str
    asked: str
    after: float = 0

    def fault(self, url: str) -> AwayError | DataError:
        """What it means for a batch."""
        told = f"HTTP {self.status}: {self.said}"
        if self.status in _BUSY:
            return AwayError(told, after=self.after, is_doubtful=self.status != _TOO_MANY)
        hint = {_UNKNOWN_PERSON: _SIGN_IN, _NOT_ALLOWED: _RIGHTS, _ABSENT: LOOK}.get(self.status)
        if 300 <= self.status < 400:
            hint = "put the address that CVAT has itself into `url`"
        return DataError(f"CVAT at {url} refuses `{self.asked}`: {told}", hint=hint)


_SIGN_IN = "make a new personal access token in CVAT and put it where `token` says, or mend `user`"
_RIGHTS = "the user whose token it is may not do this: ask who runs the server"


@dataclass
class Patience:
    """How long something is asked again: from its first failure on, with longer pauses."""

    seconds: float
    _until: float | None = None
    _tries: int = 0

    def wait(self, error: AwayError) -> None:
        """Pause before the next try; when it was the last one, raise what went wrong."""
        now = time.monotonic()
        self._until = self._until or now + self.seconds
        pause = max(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._tries), error.after)
        if now + pause > self._until:
            raise error
        self._tries += 1
        time.sleep(pause)


def words_of(body: bytes | None) -> str:
    """What the server says, for people; no secret, and not too much."""
    try:
        said = orjson.loads(body or b"null")
    except ValueError:
        text = (body or b"").decode(errors="replace").strip()
        said = "a web page" if "<html" in text[:2000].lower() else text
    if isinstance(said, dict):
        said = said.get("detail") or said.get("message") or said
    text = said if isinstance(said, str) else orjson.dumps(said).decode()
    return masked(text)[:_LONGEST]
