"""Show who asks: by a personal access token, traded for short-lived ones, or a legacy one."""

from __future__ import annotations

from collections.abc import Generator

import httpx
import orjson

from ymir.errors import DataError
from ymir.labelstudio.replies import AwayError, is_busy, words_of
from ymir.vault import remember

_REFRESH = "/api/token/refresh/"
_DOTS = 2  # of a personal access token, which is a JWT; a legacy token has none


class Bearer(httpx.Auth):
    """Signs requests; a token that ran out is traded again, once a request."""

    requires_response_body = True

    def __init__(self, url: str, token: str, place: str) -> None:
        if not token.isascii() or any(each.isspace() for each in token):
            raise DataError(f"{place} holds no access token of Label Studio", hint=_new(url, place))
        self._url, self._token, self._place = url, token, place
        self._is_personal = token.count(".") == _DOTS
        self._access = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request, signed; with a new token where the last one ran out."""
        if not self._is_personal:
            request.headers["Authorization"] = f"Token {self._token}"
            self._check((yield request))
            return
        if not self._access:
            self._take((yield self._trade()))
        request.headers["Authorization"] = f"Bearer {self._access}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._take((yield self._trade()))
            request.headers["Authorization"] = f"Bearer {self._access}"
            self._check((yield request))

    def _trade(self) -> httpx.Request:
        return httpx.Request("POST", self._url + _REFRESH, json={"refresh": self._token})

    def _take(self, response: httpx.Response) -> None:
        """Keep the short-lived token of an answer."""
        self._check(response)
        if is_busy(response):
            raise AwayError.of(response, is_doubtful=False)
        try:
            access = orjson.loads(response.content)["access"]
        except (ValueError, LookupError, TypeError):
            access = None
        if not isinstance(access, str):
            raise DataError(
                f"`{self._url}` answers, but not as Label Studio does (HTTP "
                f"{response.status_code} when the access token is shown)",
                hint="look at `url` in the spec: it is the address of the start page",
            )
        remember(access)
        self._access = access

    def _check(self, response: httpx.Response) -> None:
        """Raise where the token itself is refused."""
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        said = words_of(response)
        if "legacy token authentication has been disabled" in said:
            raise DataError(
                f"Label Studio at {self._url} takes no legacy tokens, and {self._place} holds one",
                hint="make a personal access token in Account & Settings and put it there, or "
                "allow legacy tokens in Organization > Access Token Settings",
            )
        raise DataError(
            f"Label Studio at {self._url} refuses the access token: {said}",
            hint=f"{_new(self._url, self._place)}; where the old one was good until the server was "
            "started again, start the server with a `SECRET_KEY` of your own",
        )


def _new(url: str, place: str) -> str:
    return f"make a new one at {url}/user/account and put it into {place}"
