"""Images that come to a job from the DVC remote, on the node that runs it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import JsonValue

from ymir.spec.executor import size_in_bytes

FILE = "remote.json"  # in `in/`: what the node has to fetch, and from where
_CACHE = "100g"


@dataclass(frozen=True)
class Note:
    """What a node is told of a job's images: nothing that a remote's keeper would call secret."""

    workspace: str
    home: str
    assets: str
    limit: int
    images: dict[str, str]


@dataclass(frozen=True)
class Away:
    """A folder that each node has of its own, where images are kept for all jobs of one user."""

    workspace: PurePath  # whose remote has the images
    home: PurePath
    limit: int  # bytes that they may take there

    def assets(self, job: PurePath) -> PurePath:
        """Where a node lays out the images of a job."""
        key = hashlib.sha256(str(job).encode()).hexdigest()[:16]
        return self.home / "jobs" / key / "assets"

    def note(self, job: PurePath, images: Mapping[str, str]) -> Note:
        """What the node reads; `images`: path below `assets/` -> digest."""
        places = (str(self.workspace), str(self.home), str(self.assets(job)))
        return Note(*places, self.limit, dict(images))


def away(settings: Mapping[str, JsonValue], workspace: PurePath, user: int) -> Away | None:
    """What a backend's settings say of it; None where nodes see the images themselves."""
    if settings.get("data") != "remote":
        return None
    home = PurePath(str(settings["scratch"])) / f"ymir-{user}"
    return Away(workspace, home, size_in_bytes(str(settings.get("cache", _CACHE))))
