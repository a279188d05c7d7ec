"""Where the Job of an attempt is, written beside the attempt, so that any ymir finds it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ymir.contracts.attempt import Attempt, note
from ymir.engine.faults import NameTakenError
from ymir.errors import EngineError
from ymir.kubernetes.objects import mark_of

if TYPE_CHECKING:  # it needs the client, which not everybody has
    from ymir.kubernetes.cluster import Cluster

_FILE, _WAITS = "kubernetes.json", "waits.txt"
_IN_THE_WAY = 60.0  # seconds that an old Job of the same name has to go
_GLANCE = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Berth:
    """A Job's place; `mark` is on that Job alone, whatever others are called."""

    context: str | None
    namespace: str
    name: str
    mark: str


def berth_of(attempt: Attempt) -> Berth | None:
    """Where its Job is; None for an attempt of another backend, or one that was not made."""
    try:
        return Berth(**json.loads((attempt.folder / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def send(attempt: Attempt, berth: Berth, body: Mapping[str, JsonValue], cluster: Cluster) -> None:
    """Make the Job, once; one of its name that is in the way is of a folder that was removed."""
    note(attempt, _FILE, asdict(berth))
    deadline = time.monotonic() + _IN_THE_WAY
    while True:
        try:
            return cluster.make(body)
        except NameTakenError as error:
            found = cluster.look(berth.name)
            if found is not None and mark_of(found[0]) == berth.mark:
                return None
            if time.monotonic() > deadline:
                raise EngineError(
                    f"the Job `{berth.name}` is in the way: {error}",
                    hint=f"`kubectl delete job {berth.name}` takes it away",
                ) from error
            cluster.remove(berth.name, "Foreground")
        time.sleep(_GLANCE)


def tell(attempt: Attempt, why: str) -> None:
    """Say beside the attempt why it waits, for whoever looks; nothing once it runs."""
    file = attempt.folder / _WAITS
    with suppress(OSError):
        if why:
            file.write_text(f"{why}\n", encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
