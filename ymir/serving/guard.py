"""Who may look: a token where others can reach the server, and its own name where they cannot."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address

from ymir.contracts.secret import SHORTEST
from ymir.errors import SpecError

_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Guard:
    """Lets in who knows the token; without one, who asks this machine by a name of its own."""

    host: str
    token: str | None = None

    def is_named(self, host: str | None) -> bool:
        """Whether a request is meant for this server.

        A page of elsewhere can make its own name mean this machine; on the loopback nothing else
        would stop it. Elsewhere the token does: a browser keeps it for one name only.
        """
        if not is_loopback(self.host):
            return True
        return host is not None and _name(host) in _NAMES | {self.host.lower()}

    def is_known(self, token: str | None) -> bool:
        """Whether this is the token, in a time that does not tell how much of it is right."""
        if self.token is None:
            return True
        return hmac.compare_digest(_bytes(token or ""), _bytes(self.token))

    def has_pass(self, cookie: str | None) -> bool:
        """Whether a browser was let in before."""
        return self.token is None or hmac.compare_digest(_bytes(cookie or ""), _bytes(self.cookie))

    @property
    def cookie(self) -> str:
        """What a browser keeps that was let in; it does not tell the token."""
        return hmac.new(_bytes(self.token or ""), b"ymir serve", sha256).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def checked(token: str, source: str) -> str:
    """A token that people gave, fit for an address; `source` says where it is from."""
    if len(token) < SHORTEST or not (token.isascii() and token.isprintable()) or " " in token:
        hint = "`openssl rand -hex 32` makes a good one; left out, `ymir serve` makes one"
        raise SpecError(
            f"the token {source} is no good: it needs {SHORTEST} letters or more, without blanks",
            hint=hint,
        )
    return token


def new_token() -> str:
    """One that nobody can guess."""
    return secrets.token_urlsafe(32)


def _name(host: str) -> str:
    """The name in a `Host` header, without its port: another one may be forwarded here."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
