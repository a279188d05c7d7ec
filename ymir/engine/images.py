"""Images of the container engine: which one a reference means here, and how it gets here."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from docker.errors import APIError, ImageNotFound

from ymir.engine.client import UNREACHABLE, Engine, connect, reason
from ymir.errors import EngineError
from ymir.spec.image import Reference

TRIES = 3  # of a pull that the network broke off
PAUSE = 2.0  # seconds before the second of them, and twice as long before the next
_LOGIN = "log in with `docker login {registry}`: ymir uses Docker's own credentials"


@dataclass(frozen=True)
class Image:
    """An image on this machine; `digest` is its repository's, or `id` where none gave it."""

    id: str
    digest: str
    size: int = 0


@dataclass(frozen=True)
class Pulled:
    """How far a pull is: the share of what it has to move, the bytes that came, the layers."""

    share: float = 0.0
    bytes: int = 0
    layers: int = 0


@dataclass(frozen=True)
class _Fault:
    """What a registry's or the engine's words mean; one that `passes` is worth another try."""

    sign: re.Pattern[str]
    why: str
    hint: str
    passes: bool = False


def _fault(sign: str, why: str, hint: str, *, passes: bool = False) -> _Fault:
    return _Fault(re.compile(sign, re.IGNORECASE), why, hint, passes)


_FAULTS = (
    _fault(
        "no space left on device",
        "the engine's disk is full",
        "free space there (`docker system df` shows what fills it), and run again",
    ),
    _fault(
        "toomanyrequests|rate limit",
        "{registry} takes no more pulls for now",
        f"wait, or {_LOGIN}",
    ),
    _fault(
        "manifest unknown|not found: manifest|no such (?:image|manifest)|name unknown",
        "{registry} has no such image",
        "check its name and its tag",
    ),
    _fault(
        "no basic auth|unauthorized|authentication required|denied|forbidden|credentials",
        "{registry} does not give it to you, if it has it",
        f"check its name; {_LOGIN}",
    ),
    _fault(
        "no matching manifest|does not match the specified platform",
        "it is not made for this machine's processor",
        "ask its authors for one, or run ymir elsewhere",
    ),
    _fault(
        "server gave HTTP response to HTTPS client|x509|certificate",
        "the engine does not trust {registry}",
        "let the engine know its certificate, or name it as insecure: Docker in daemon.json under "
        "`insecure-registries`, Podman in registries.conf",
    ),
    _fault(
        "connection refused|no such host|timeout|timed out|EOF|reset by peer|unreachable|"
        "temporary failure|broken pipe|unexpected HTTP status: 5|server misbehaving",
        "{registry} cannot be reached",
        "check the network, the registry's name and the engine's proxy; then run again",
        passes=True,
    ),
)


def digest(reference: str) -> str | None:
    """The digest of an image on this machine, else None; one in the name needs no engine."""
    named = _reference(reference)
    if named.digest:
        return named.digest
    with closing(connect().api) as api:
        found = find(Engine(api), reference)
    return found.digest if found else None


def find(engine: Engine, reference: str) -> Image | None:
    """The image on this machine that a reference means; None where there is none."""
    named = _reference(reference)
    try:
        seen: dict[str, Any] = engine.api.api.inspect_image(  # type: ignore[no-untyped-call]  # its stubs
            _asked(named, reference)
        )
    except ImageNotFound:
        return None
    except UNREACHABLE as error:
        raise EngineError(
            f"the engine does not show image `{reference}`: {reason(error)}"
        ) from error
    return Image(seen["Id"], named.digest or _digest(named, seen), int(seen.get("Size") or 0))


def pull(
    engine: Engine, reference: str, *, tries: int = TRIES, pause: float = PAUSE
) -> Iterator[Pulled]:
    """Pull an image with the credentials of Docker's own configuration; may be broken off."""
    for attempt in range(tries):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            yield from _pull(engine, reference)
        except _Refused as refused:
            if attempt == tries - 1 or not refused.passes:
                raise refused.error from refused
        else:
            return


class _Refused(Exception):  # noqa: N818 - becomes an EngineError before it leaves this module
    def __init__(self, error: EngineError, *, passes: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.passes = passes


def _pull(engine: Engine, reference: str) -> Iterator[Pulled]:
    layers = _Layers()
    named = _reference(reference)
    if not named.repository:
        why = f"image `{reference}` is not on this machine, and only a name can be pulled"
        raise EngineError(why, hint="load it here, or write `registry/name:tag` in the spec")
    tag = named.digest or named.tag or "latest"
    try:
        for event in _events(engine, _repository(reference), tag):
            if said := event.get("error"):
                raise _refused(reference, str(said))
            layers = layers.after(event)
            yield layers.pulled
        yield replace(layers.pulled, share=1.0)
    except APIError as error:
        raise _refused(reference, str(error.explanation or error)) from error
    except UNREACHABLE as error:
        raise _refused(reference, reason(error)) from error


def _events(engine: Engine, repository: str, tag: str) -> Iterator[Mapping[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing credential helper: an error says so, too
        events: Iterator[Mapping[str, Any]] = engine.api.api.pull(
            repository, tag, stream=True, decode=True
        )
    return events


def _refused(reference: str, said: str) -> _Refused:
    """What is wrong with a pull, in a line; the engine's own words where they are not known."""
    registry = _reference(reference).registry
    said = " ".join(said.split())
    for fault in _FAULTS:
        if fault.sign.search(said):
            why, hint = (text.format(registry=registry) for text in (fault.why, fault.hint))
            known = f"image `{reference}` cannot be pulled: {why} ({said})"
            return _Refused(EngineError(known, hint=hint), passes=fault.passes)
    return _Refused(EngineError(f"image `{reference}` cannot be pulled: {said}"), passes=False)


@dataclass(frozen=True)
class _Layers:
    """What the engine has said of each layer: bytes moved, and bytes to move."""

    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    furthest: float = 0.0

    def after(self, event: Mapping[str, Any]) -> _Layers:
        """With one more event; the share never falls, though layers make themselves known late."""
        name, status = event.get("id"), str(event.get("status", ""))
        if not name or status.startswith("Pulling from"):
            return self
        moved, whole = self.seen.get(name, (0, 0))
        detail = event.get("progressDetail") or {}
        if status == "Downloading":
            moved, whole = int(detail.get("current") or 0), int(detail.get("total") or 0)
        elif status in ("Download complete", "Extracting", "Pull complete"):
            moved = whole
        seen = {**self.seen, name: (moved, max(moved, whole))}
        total = sum(each for _, each in seen.values())
        share = sum(each for each, _ in seen.values()) / total if total else 0.0
        return _Layers(seen, max(self.furthest, share))

    @property
    def pulled(self) -> Pulled:
        """As it is told."""
        return Pulled(self.furthest, sum(each for each, _ in self.seen.values()), len(self.seen))


def _reference(text: str) -> Reference:
    found = Reference.of(text)
    if found is None:
        raise EngineError(
            f"`{text}` is not the name of an image",
            hint="write `registry/name:tag`, in small letters",
        )
    return found


def _asked(named: Reference, reference: str) -> str:
    """As the engine finds it: of a tag and a digest, the digest."""
    return f"{_repository(reference)}@{named.digest}" if "@" in reference else reference


def _repository(reference: str) -> str:
    """The name as it is written, without tag and digest: Podman has short names of its own."""
    name = reference.partition("@")[0]
    head, _, tag = name.rpartition(":")
    return head if head and "/" not in tag else name


def _digest(named: Reference, seen: Mapping[str, Any]) -> str:
    listed = (Reference.of(each) for each in seen.get("RepoDigests") or ())
    own = [each.digest for each in listed if each and each.repository == named.repository]
    return min((each for each in own if each), default=str(seen["Id"]))
