"""What a backend must do, and what passes between it and the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from ymir.plugins import Registry


@dataclass(frozen=True)
class Job:
    """One unit of work: a program that turns `folder/in` into `folder/out`.

    `name` derives from the recipe, so starting the same job twice is starting it once, and a new
    ymir finds what an earlier one started. An attempt writes into `folder/attempts/<n>/`; the
    first that ends well is committed as `folder/out` by one atomic rename.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    image: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    gpus: int = 0
    memory: str | None = None
    shm: str = "16g"
    timeout: int = 86400  # seconds


@dataclass(frozen=True)
class Running:
    """Not finished yet; `share` of the work is done, in 0..1, or unknown."""

    share: float | None = None


@dataclass(frozen=True)
class Done:
    """Finished; `folder/out` is complete, and has yet to be checked by whoever asked for it."""

    seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """Finished badly, or was stopped; `why` is one line, the rest is in the file `log`."""

    why: str
    log: Path | None = None


Outcome = Running | Done | Failed


@runtime_checkable
class Backend(Protocol):
    """Runs jobs somewhere. All calls are idempotent."""

    def start(self, job: Job) -> None:
        """Begin `job`; adopt it if it is running; do nothing if it is done.

        A job that failed, was stopped or was lost begins again, from its checkpoint if it left one:
        whether that makes sense is for the caller to know.
        """

    def poll(self, job: Job) -> Outcome:
        """How `job` stands now."""

    def stop(self, job: Job) -> None:
        """End `job` if it is running, its children with it."""


@runtime_checkable
class BackendPlugin(Protocol):
    """What a module in `ymir/backends/` defines."""

    def connect(self) -> Backend:
        """Open the backend."""


backends = Registry("backends", BackendPlugin)
