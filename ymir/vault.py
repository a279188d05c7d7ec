"""Secrets that this process knows, so that no output repeats them, however they are written."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, quote_plus

_known: set[str] = set()
_LEAST = 4  # letters of a secret that are worth hiding
_DISTINCT = 8  # letters from which on a secret is hidden inside of words, and in other spellings
_WRAPPED = 16  # letters from which on it is looked for across the ends of lines
_MASK = "***"
_BREAK = re.compile(r"(?:\\?\r?\n[ \t]*)?")
_PRIVATE = re.compile(  # names of variables and settings whose values are nobody's business
    r"(?i)(TOKEN|PASSW(OR)?D|PASSPHRASE|SECRET|API_?KEY|(SECRET|PRIVATE)(_ACCESS)?_KEY|ACCOUNT_KEY"
    r"|CONNECTION_STRING|SECRET_ACCESS_KEY|AUTH_CONFIG|WEBHOOK(_URL)?)$"
)
_SIGNING = (
    r"X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|AWSAccessKeyId"
    r"|Signature|sig|access_token|private_token|api_?key|password"
)
_PASSWORD = re.compile(r"(?<=://)[^\s/?#@:'\"`<>]*:([^\s/?#@'\"`<>]+)(?=@)")
_SHAPES = (  # what is a secret by where it stands, whether anybody knows it or not
    (_PASSWORD, _MASK),
    (re.compile(r"(?i)(?<=https://)[^\s/?#@'\"`<>]+(?=@)"), _MASK),
    (re.compile(rf"(?i)([?&;](?:{_SIGNING})=)[^\s&#'\"`<>]+"), rf"\1{_MASK}"),
    (re.compile(r"(?i)(\bauthorization[\"']?[ =:]+[\"']?(?:\w+ )?)[\w.~+/=-]{8,}"), rf"\1{_MASK}"),
    (re.compile(r"(\b[Bb]earer )[\w.~+/=-]{20,}"), rf"\1{_MASK}"),
)


def remember(secret: str) -> None:
    """Never show this text again; of one with several lines, none of them.

    Of an address that is a secret, what stands behind the host is one as well.
    """
    for part in {secret, *secret.splitlines(), *_ways_in(secret)}:
        if len(part.strip()) >= _LEAST:
            _known.add(part.strip())
    _spellings.cache_clear()


def remember_named(values: Mapping[str, str]) -> None:
    """The same for variables and settings that hold secrets by their names, or in an address."""
    for name, value in values.items():
        if _PRIVATE.search(name) and len(value) >= _DISTINCT:
            remember(value)
        for password in _PASSWORD.findall(value):
            remember(password)


def masked(text: str) -> str:
    """A text without the secrets that are known, nor what must be one; the longest first."""
    if _known:
        text = _without_known(text)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def masked_data(value: object) -> object:
    """The same for all texts of a JSON value, which stays one."""
    match value:
        case str():
            return masked(value)
        case dict():
            return {masked(str(name)): masked_data(each) for name, each in value.items()}
        case list() | tuple():
            return [masked_data(each) for each in value]
        case _:
            return value


def address_without_secret(url: str) -> bool:
    """Whether an address holds neither a password nor a signature that lets people in."""
    return all(not shape.search(url) for shape, _ in _SHAPES)


def _ways_in(secret: str) -> Iterator[str]:
    """The parts of an address by which somebody gets in, who knows only them."""
    if "://" not in secret:
        return
    behind = secret.partition("://")[2].partition("/")[2]
    yield from _PASSWORD.findall(secret)
    if len(behind) >= _DISTINCT:
        yield behind
    yield from (each for each in re.split(r"[/?&=#]", behind) if len(each) >= _WRAPPED)


@lru_cache(maxsize=1)
def _spellings() -> tuple[tuple[str, ...], re.Pattern[str] | None]:
    """All that is known, in every spelling: what is hidden anywhere, and what only as a word."""
    found = {each for secret in _known for each in _spelled(secret)}
    long = sorted((each for each in found if len(each) >= _DISTINCT), key=len, reverse=True)
    words = sorted((each for each in found if len(each) < _DISTINCT), key=len, reverse=True)
    either = "|".join(map(re.escape, words))
    return tuple(long), re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])") if words else None


def _without_known(text: str) -> str:
    """A short one is looked for as a word: `cat` must not take the end off `bobcat`."""
    long, words = _spellings()
    for each in long:
        text = text.replace(each, _MASK)
    if "\n" in text:
        text = _without_wrapped(text)
    return words.sub(_MASK, text) if words else text


def _without_wrapped(text: str) -> str:
    """Without those that a program broke into lines."""
    joined = _BREAK.sub("", text)
    for each in (each for each in _known if len(each) >= _WRAPPED and each in joined):
        text = re.sub(_BREAK.pattern.join(map(re.escape, each)), _MASK, text)
    return text


def _spelled(secret: str) -> Iterator[str]:
    """The ways in which programs write a text down."""
    yield secret
    if len(secret) < _DISTINCT:
        return
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (html.escape(secret), html.escape(secret, quote=False), repr(secret)[1:-1])
    encoded = secret.encode(errors="surrogateescape")
    yield encoded.hex()
    for before in range(3):
        yield from _base64(encoded, before)


def _base64(encoded: bytes, before: int) -> Sequence[str]:
    """How it looks in base64 behind so many other bytes, as far as these do not matter."""
    first, last = -(-before * 8 // 6), (before + len(encoded)) * 8 // 6
    written = base64.b64encode(bytes(before) + encoded).decode()[first:last]
    return (written, written.replace("+", "-").replace("/", "_"))
