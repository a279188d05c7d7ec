"""What a backend must do, and what passes between it and the loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from ymir.plugins import Registry
from ymir.spec.base import Spec
from ymir.spec.executor import ExecutorSpec, Resources, seconds

GRACE = 5.0  # seconds between asking a program to end and ending it, if nobody says otherwise


@dataclass(frozen=True)
class Job:
    """One unit of work: a program that turns `folder/in` into `folder/out`.

    `name` derives from the recipe, so starting the same job twice is starting it once, and a new
    ymir finds what an earlier one started. An attempt writes into `folder/attempts/<n>/`; the
    first that ends well is committed as `folder/out` by one atomic rename.

    In a container, `in` is `/in` and the attempt's `out` is `/out`, and `command` stands in for the
    image's own where there is one.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    image: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    network: bool = False
    run_as_root: bool = False

    @property
    def limit(self) -> int:
        """After how many seconds it is stopped."""
        return seconds(self.resources.timeout)


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

    @property
    def width(self) -> int:
        """How many jobs it is given at once; the others wait with the caller. At least 1."""

    def start(self, *jobs: Job) -> None:
        """Begin each of `jobs`; adopt one that is running; do nothing for one that is done.

        A job that failed, was stopped or was lost begins again, from its checkpoint if it left one:
        whether that makes sense is for the caller to know.
        """

    def poll(self, job: Job) -> Outcome:
        """How `job` stands now."""

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        """Ask each job that runs to end; after so many seconds end it, its children with it."""

    def is_running(self, job: Job) -> bool:
        """Whether something works on `job` now. Asking changes nothing."""

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        """What its newest attempt printed, in pieces; with `follow`, until it has ended."""


@runtime_checkable
class BackendPlugin(Protocol):
    """What a module in `ymir/backends/` defines."""

    Settings: type[Spec]  # what may stand under `with`

    def connect(self, settings: Mapping[str, JsonValue]) -> Backend:
        """Open the backend. What it runs on may be out of reach: that is said when it is needed."""

    def lacks(self, resources: Resources, settings: Mapping[str, JsonValue]) -> str | None:
        """What it has not got that jobs with these needs would ask for, in a line."""

    def is_contained(self, executor: ExecutorSpec) -> bool:
        """Whether jobs of `executor` see `/in` and `/out`, or their folder as it is."""


backends = Registry("backends", BackendPlugin)
