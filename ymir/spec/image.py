"""References of container images, as Docker reads them: `yolo:1` is `docker.io/library/yolo:1`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_HUB = "docker.io"
_HUB_TOO = ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_NAME = re.compile(
    r"^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)"
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+$"
)
_TAG = re.compile(r"^\w[\w.-]{0,127}$", re.ASCII)
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
_ID = re.compile(r"^(?:sha256:)?[0-9a-f]{64}$")
_LONGEST = 255


@dataclass(frozen=True)
class Reference:
    """An image: its repository in full, and its tag or its digest."""

    repository: str  # `docker.io/library/yolo`; empty where the image has only an id
    tag: str | None = None
    digest: str | None = None  # a tag beside it means nothing, and is left out

    @classmethod
    def of(cls, text: str) -> Reference | None:
        """The image that a text names; None where it names none."""
        if _ID.fullmatch(text):
            return cls("", digest=f"sha256:{text.removeprefix('sha256:')}")
        named, _, digest = text.partition("@")
        name, tag = _split(named)
        repository = _in_full(name)
        has_digest = "@" in text
        is_sound = (
            len(name) <= _LONGEST
            and _NAME.fullmatch(repository)
            and (tag is None or _TAG.fullmatch(tag))
            and (not has_digest or _DIGEST.fullmatch(digest))
        )
        if not is_sound:
            return None
        return cls(repository, digest=digest) if has_digest else cls(repository, tag)

    @property
    def registry(self) -> str:
        """The machine that the image is pulled from, as `docker login` wants it."""
        return self.repository.partition("/")[0]

    @property
    def spellings(self) -> tuple[str, ...]:
        """The image in full; an image without a tag is the latest, too."""
        if self.digest:
            return (f"{self.repository}@{self.digest}" if self.repository else self.digest,)
        tagged = f"{self.repository}:{self.tag or 'latest'}"
        return (tagged,) if self.tag else (tagged, self.repository)


def is_allowed(image: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern covers the image, however either of them spells Docker's own registry."""
    reference = Reference.of(image)
    if reference is None:
        return False
    return any(
        fnmatchcase(spelling, _pattern_in_full(pattern))
        for pattern in patterns
        for spelling in reference.spellings
    )


def _pattern_in_full(pattern: str) -> str:
    """As the image's name is put in full; a pattern that begins with `*` is for any registry."""
    named, at, digest = pattern.partition("@")
    if named.startswith("*"):
        return pattern
    if _ID.fullmatch(pattern) or named.startswith("sha256:"):
        return pattern
    name, tag = _split(named)
    full = _in_full(name)
    return f"{full}{at}{digest}" if at or tag is None else f"{full}:{tag}"


def _split(named: str) -> tuple[str, str | None]:
    """A name and its tag; a colon before the last slash is a port's."""
    head, colon, tag = named.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (named, None)


def _in_full(name: str) -> str:
    first, slash, rest = name.partition("/")
    has_registry = slash and ("." in first or ":" in first or first == "localhost")
    if not has_registry:
        return f"{_HUB}/{name}" if slash else f"{_HUB}/library/{name}"
    if first not in (_HUB, *_HUB_TOO):
        return name
    return f"{_HUB}/{rest}" if "/" in rest else f"{_HUB}/library/{rest}"
