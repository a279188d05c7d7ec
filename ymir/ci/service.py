"""Calls of a code-hosting service over HTTP: patient within bounds, and clear when refused."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx
from pydantic import JsonValue

from ymir.bounds import Bounds, TooLargeError, TooSlowError, keeping
from ymir.errors import ServiceError

_TIMEOUT = httpx.Timeout(30, connect=10)
_BOUNDS = Bounds(most=64 << 20)  # of an answer
_TRIES = 6
_FIRST = 0.5  # seconds before the second try
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = (404, 410)
_MOST_PAGES = 200


@dataclass(frozen=True)
class Words:
    """How a service speaks of what it wants."""

    name: str
    token: str  # where the token stands
    needs: str  # the permission that comments take


@dataclass
class Service:
    """A connection; `patience` is how many seconds are spent waiting in all."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    words: Words
    patience: float = 120
    bounds: Bounds = _BOUNDS
    _waited: float = 0

    def __enter__(self) -> Self:
        """Open it; nothing is asked yet."""
        self._http = httpx.Client(
            base_url=self.url,
            headers=self.headers,
            timeout=_TIMEOUT,
            follow_redirects=False,
            event_hooks={"response": [keeping(self.bounds)]},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._http.close()

    def ask(self, verb: str, path: str, body: Mapping[str, JsonValue] | None = None) -> JsonValue:
        """The answer to one request; an error that says what to do where it is refused."""
        return _value(self._send(verb, path, body))

    def find(self, path: str) -> JsonValue:
        """The answer; None where there is no such thing, or this token may not see it."""
        answer = self._send("GET", path, None, allowed=(403, 404))
        return _value(answer) if answer.is_success else None

    def change(self, verb: str, path: str, body: Mapping[str, JsonValue]) -> bool:
        """Change what is there; False where it is gone."""
        return self._send(verb, path, body, allowed=_GONE).is_success

    def take_away(self, path: str) -> None:
        """Delete what may be gone already."""
        self._send("DELETE", path, None, allowed=_GONE)

    def pages(self, path: str, has_next: Callable[[httpx.Response], bool]) -> Iterator[JsonValue]:
        """Every entry of a list that comes in pages."""
        for page in range(1, _MOST_PAGES + 1):
            joint = "&" if "?" in path else "?"
            answer = self._send("GET", f"{path}{joint}per_page=100&page={page}", None)
            found = _value(answer)
            yield from found if isinstance(found, list) else ()
            if not has_next(answer):
                return

    def _send(
        self,
        verb: str,
        path: str,
        body: Mapping[str, JsonValue] | None,
        allowed: tuple[int, ...] = (),
    ) -> httpx.Response:
        for attempt in range(_TRIES):
            try:
                answer = self._http.request(verb, path, json=body)
            except (httpx.RequestError, TooSlowError) as error:
                self._wait(attempt, 0, f"{self.words.name} cannot be reached: {error}")
                continue
            except TooLargeError as error:
                hint = "check the address of the API"
                raise ServiceError(
                    f"{self.words.name} is not itself: {error}", hint=hint
                ) from error
            if (pause := _pause(answer)) is not None:
                self._wait(attempt, pause, f"{self.words.name} answers {answer.status_code}")
            elif answer.is_success or answer.status_code in allowed:
                return answer
            else:
                raise self._refused(verb, answer)
        raise AssertionError("the last try raises")

    def _wait(self, attempt: int, pause: float, why: str) -> None:
        """Pause before the next try; the last one raises."""
        pause = max(pause, _FIRST * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - no secret
        self._waited += pause
        if attempt + 1 == _TRIES or self._waited > self.patience:
            after = f"it asks for {pause:.0f} s of patience" if pause > self.patience else None
            raise ServiceError(why, hint=after or "run this again later")
        time.sleep(pause)

    def _refused(self, verb: str, answer: httpx.Response) -> ServiceError:
        words, status = self.words, answer.status_code
        match status:
            case 401:
                why = f"{words.name} does not know the token in {words.token}"
                hint = "it may be mistyped or expired: make a new one"
            case 403:
                why = f"{words.name} does not let this token {verb} comments"
                hint = f"it needs {words.needs}"
            case 404:
                why = f"{words.name} has no `{answer.url.path}` for this token"
                hint = f"check the number and the project; the token needs {words.needs}"
            case 301 | 302 | 307 | 308:
                why = f"{words.name} says that `{answer.url.path}` has moved"
                hint = "check the address of the API; the token is not sent elsewhere"
            case _:
                why = f"{words.name} answers {status}: {_said(answer)}"
                hint = "that may be a mistake of ymir: report it"
        return ServiceError(why, hint=hint)


def _pause(answer: httpx.Response) -> float | None:
    """Seconds until it may be asked again; None where that would not help."""
    headers = answer.headers
    is_spent = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining")) == "0"
    is_limited = answer.status_code == 403 and (is_spent or "retry-after" in headers)
    if answer.status_code not in _BUSY and not is_limited:
        return None
    if (after := headers.get("retry-after", "")).isdigit():
        return float(after)
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    return max(0.0, float(reset) - time.time()) if is_spent and reset.isdigit() else 0.0


def _value(answer: httpx.Response) -> JsonValue:
    try:
        value: JsonValue = answer.json() if answer.content else None
    except (ValueError, RecursionError) as error:
        hint = "check the address of the API"
        raise ServiceError(f"`{answer.url.host}` does not answer in JSON", hint=hint) from error
    return value


def _said(answer: httpx.Response) -> str:
    return " ".join(answer.text.split())[:200]
