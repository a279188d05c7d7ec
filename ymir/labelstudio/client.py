"""Calls of a Label Studio server, repeated where that can do no harm."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import JsonValue

from ymir.bounds import Bounds, TooLargeError, TooSlowError, keeping
from ymir.errors import DataError
from ymir.labelstudio.auth import Bearer
from ymir.labelstudio.replies import LOOK, AwayError, value_of
from ymir.labelstudio.settings import Settings
from ymir.spec.executor import seconds

Query = Mapping[str, str | int]
Upload = tuple[str, bytes]  # a file's name and what is in it

_TIMEOUT = httpx.Timeout(120, connect=5)
_MOST_PAGES = 10_000
_BOUNDS = Bounds()  # of an answer
_FIRST, _LONGEST = 0.25, 8.0  # seconds between two tries


@dataclass
class Patience:
    """How long something is tried again: from its first failure on, less and less often."""

    seconds: float
    _until: float | None = None
    _tries: int = 0

    def renew(self) -> None:
        """Something went well: the next failure is a first one."""
        self._until, self._tries = None, 0

    def wait(self, error: AwayError) -> None:
        """Pause before the next try; when it was the last one, raise what went wrong."""
        now = time.monotonic()
        self._until = self._until or now + self.seconds
        pause = min(_LONGEST, _FIRST * 2**self._tries) * random.uniform(0.5, 1.5)  # noqa: S311 no secret
        pause = max(pause, error.after)
        if now + pause > self._until:
            raise error
        self._tries += 1
        time.sleep(pause)


def client_of(settings: Settings, token: str, workspace: Path) -> Client:
    """A connection as the spec wants it."""
    verify = settings.verify
    return Client(
        settings.url.rstrip("/"),
        token,
        settings.token.place,
        seconds(settings.patience),
        verify if isinstance(verify, bool) else (workspace / verify).expanduser(),
    )


@dataclass
class Client:
    """A connection with one server; `place` says where its token was found."""

    url: str
    token: str = field(repr=False)
    place: str
    seconds: float = 20
    verify: bool | Path = True
    bounds: Bounds = _BOUNDS

    def __enter__(self) -> Self:
        """Open it; nothing is asked yet."""
        auth = Bearer(self.url, self.token, self.place)
        try:
            verify = self.verify if isinstance(self.verify, bool) else _context(self.verify)
        except OSError as error:
            raise DataError(
                f"`verify: {self.verify}` cannot be used: {error}",
                hint="name a file of certificates in PEM",
            ) from error
        self._http = httpx.Client(
            base_url=self.url,
            auth=auth,
            timeout=_TIMEOUT,
            verify=verify,
            follow_redirects=False,
            event_hooks={"response": [keeping(self.bounds)]},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._http.close()

    def patience(self) -> Patience:
        """For what needs more than a repeated call."""
        return Patience(self.seconds)

    def get(self, path: str, query: Query | None = None) -> JsonValue:
        """Read something; as often as it takes."""
        return self._repeated(self._http.build_request("GET", path, params=query))

    def patch(self, path: str, body: Mapping[str, JsonValue]) -> JsonValue:
        """Set something, which may be done twice."""
        return self._repeated(self._http.build_request("PATCH", path, json=body))

    def delete(self, path: str) -> None:
        """Take something away, which may be gone."""
        self._repeated(self._http.build_request("DELETE", path))

    def post(self, path: str, body: JsonValue, query: Query | None = None) -> JsonValue:
        """Make something, which may not be done twice: in doubt, `AwayError` is raised."""
        return self._certain(self._http.build_request("POST", path, params=query, json=body))

    def act(self, path: str, body: JsonValue, query: Query | None = None) -> JsonValue:
        """Post what may be done twice."""
        return self._repeated(self._http.build_request("POST", path, params=query, json=body))

    def send(self, path: str, files: Sequence[Upload], query: Query) -> JsonValue:
        """Post files; in doubt, `AwayError` is raised."""
        parts = [(f"file{at}", each) for at, each in enumerate(files)]  # equal names lose files
        return self._certain(self._http.build_request("POST", path, params=query, files=parts))

    def pages(self, path: str, query: Query) -> Iterator[Mapping[str, JsonValue]]:
        """The entries of a list that comes in pages; an error where it has no end."""
        before: JsonValue = None
        for page in range(1, _MOST_PAGES + 1):
            found = self.get(path, {**query, "page": page})
            entries = found.get("results") if isinstance(found, dict) else None
            if not isinstance(found, dict) or not isinstance(entries, list):
                raise self.odd(path)
            yield from (each for each in entries if isinstance(each, dict))
            if not found.get("next"):
                return
            if not entries or entries == before:
                break
            before = entries
        raise self.odd(path)

    def odd(self, path: str) -> DataError:
        """The server answered something that this ymir does not know."""
        return DataError(
            f"`{self.url}` answers `{path}` otherwise than Label Studio does",
            hint="look at `url` in the spec; Label Studio 1.20 and newer is known to do",
        )

    def _repeated(self, request: httpx.Request) -> JsonValue:
        patience = self.patience()
        while True:
            try:
                return self._once(request)
            except AwayError as error:
                patience.wait(error)

    def _certain(self, request: httpx.Request) -> JsonValue:
        """Repeated only as long as the server has certainly done nothing."""
        patience = self.patience()
        while True:
            try:
                return self._once(request)
            except AwayError as error:
                if error.is_doubtful:
                    raise
                patience.wait(error)

    def _once(self, request: httpx.Request) -> JsonValue:
        try:
            return value_of(self._http.send(request), self.url)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if "CERTIFICATE_VERIFY" in str(error):
                raise DataError(
                    f"the certificate of `{self.url}` is not trusted: {error}",
                    hint="say `verify: FILE`, with the certificate of who signed it",
                ) from error
            raise AwayError(_words(error), is_doubtful=False) from error
        except httpx.RequestError as error:
            raise AwayError(_words(error), is_doubtful=True) from error
        except TooSlowError as error:
            raise AwayError(str(error), is_doubtful=True) from error
        except TooLargeError as error:
            raise DataError(f"`{self.url}` answers without end: {error}", hint=LOOK) from error


def _context(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=file)


def _words(error: httpx.RequestError) -> str:
    """What went wrong, in words; some of these say nothing themselves."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__
