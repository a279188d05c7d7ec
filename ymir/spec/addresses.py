"""Addresses that data may come from: what they must look like, and what they may not hold."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from ymir.spec.complaints import Complaint
from ymir.spec.scope import Scope, readable_path
from ymir.vault import address_without_secret

WEB = ("http", "https")
OBJECTS = ("s3", "gs", "az")  # object stores; each needs a package of its own
FILE = "file"
_REPOSITORY = ("https", "ssh", FILE)
_OVER_SSH = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[^:/-][^:]*")  # git@host:team/name
_SECRET = "holds a user name or a password: leave them out, they must not stand in a spec"  # noqa: S105 - a sentence

_SIGNED = (
    "is signed, so whoever reads it has what it leads to: it must not stand in a spec; "
    "download what it leads to, or read the bucket by `s3://`"
)


def scheme_of(address: str) -> str:
    """What stands before `://`; empty for a path."""
    return address.partition("://")[0].lower() if "://" in address else ""


def local_path(address: str) -> str | None:
    """The path that a `file://` address or a plain path leads to; None for anything else."""
    if scheme_of(address) == FILE:
        return address[len(FILE) + 3 :]
    return None if "://" in address or _OVER_SSH.fullmatch(address) else address


def data_address(scope: Scope, url: str) -> Iterable[Complaint]:
    """Check where an archive or a folder of objects is fetched from."""
    scheme = scheme_of(url)
    if scheme not in (*WEB, *OBJECTS, FILE):
        known = ", ".join(f"`{each}://`" for each in (*WEB, *OBJECTS, FILE))
        yield Complaint((), f"must begin with one of {known}")
    else:
        yield from _sound(scope, url, may_name_user=False)


def repository_address(scope: Scope, url: str) -> Iterable[Complaint]:
    """Check where a git repository is fetched from."""
    if scheme_of(url) not in (*_REPOSITORY, ""):
        known = ", ".join(f"`{each}://`" for each in _REPOSITORY)
        yield Complaint((), f"must begin with one of {known}, or be `git@host:path` or a path")
    elif local_path(url) == url and ":" in url.partition("/")[0] and not _is_chain(url):
        yield Complaint((), "must be a path, or `git@host:path`: git takes this for neither")
    elif url.startswith("-"):
        yield Complaint((), "must not begin with `-`")
    else:
        yield from _sound(scope, url, may_name_user=scheme_of(url) == "ssh")


def _sound(scope: Scope, url: str, *, may_name_user: bool) -> Iterable[Complaint]:
    path = local_path(url)
    is_away = path is None
    if not url.isprintable() or (is_away and " " in url) or _is_chain(url):
        yield Complaint((), "must be one address, without spaces and without `::`")
    elif path is not None:
        yield from _readable(scope, path, is_url="://" in url)
    elif "://" in url:
        yield from _remote(url, may_name_user=may_name_user)


def _is_chain(url: str) -> bool:
    """Whether a library or git would take it for one address inside another."""
    return "::" in url and scheme_of(url) not in (*WEB, "ssh")


def _readable(scope: Scope, path: str, *, is_url: bool) -> Iterable[Complaint]:
    if is_url and not path.startswith("/"):
        yield Complaint((), "must have an absolute path, as in `file:///data/set`")
    else:
        yield from readable_path(scope, path)


def _remote(url: str, *, may_name_user: bool) -> Iterable[Complaint]:
    try:
        parts = urlsplit(url)
        user, password, host = parts.username, parts.password, _host(parts)
    except ValueError as error:
        yield Complaint((), f"cannot be read as an address: {error}")
        return
    if password or (user and not may_name_user):
        yield Complaint((), _SECRET)
    elif not address_without_secret(url):
        yield Complaint((), _SIGNED)
    elif not host or host.startswith("-") or (user or "").startswith("-"):
        yield Complaint((), "must name a host or a bucket")


def _host(parts: SplitResult) -> str:
    _ = parts.port  # raises where it is no number
    return parts.hostname or ""
