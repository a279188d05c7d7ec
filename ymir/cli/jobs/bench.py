"""The jobs of a workspace and the backends that may be working on them."""

from __future__ import annotations

import time
from pathlib import Path

from ymir.cli.workspace import read_failures
from ymir.contracts.attempt import attempts, newest
from ymir.contracts.backend import Backend, Job, backends
from ymir.errors import SpecError
from ymir.jobs.standing import RUNNING, Standing, is_of_process, standings

FIRST = "process"  # it answers at once, and reads the logs of all that has ended
_CONTAINERS = "docker"  # it has nothing to do with a job that names no image


class JobBench:
    """Asks every backend: the specs may have named another one since a job was begun."""

    def __init__(self, workspace: Path) -> None:
        self._root = workspace.resolve()
        self._open: dict[str, Backend] = {}

    def jobs(self) -> list[Standing]:
        """All that are known, as they stand now."""
        if not (self._root / "specs").is_dir():
            raise SpecError(
                f"`{self._root}` is no workspace: it has no folder `specs`",
                hint="go to the workspace, or name it with `-C`",
            )
        failures = read_failures(self._root)
        return standings(self._root / ".ymir" / "jobs", self._is_running, failures, time.time())

    def backend_of(self, job: Job) -> Backend:
        """The one that works on the job, or did."""
        names, tried = self._names(job), attempts(job.folder)
        if len(names) == 1:
            return self._backend(names[0])
        running = (name for name in names if self._backend(name).is_running(job))
        was_process = not job.image or not tried or is_of_process(tried[-1])
        return self._backend(next(running, FIRST if was_process else _CONTAINERS))

    def working(self, project: str) -> str | None:
        """The name of a job of this project on which somebody works; None if there is none."""
        running = (each for each in self.jobs() if each.state == RUNNING)
        names = (each.name for each in running if (each.stage or "").split("/")[0] == project)
        return next(names, None)

    def _is_running(self, job: Job) -> bool:
        return any(self._backend(name).is_running(job) for name in self._names(job))

    def _names(self, job: Job) -> list[str]:
        if noted := self._noted(job):
            return [noted]
        rest = [name for name in backends.modules() if name != FIRST]
        return [FIRST, *(name for name in rest if job.image or name != _CONTAINERS)]

    def _noted(self, job: Job) -> str | None:
        """The backend that left a note beside the newest attempt, by which it finds it again."""
        last = newest(job.folder)
        names = backends.modules() if last else ()
        return next(
            (each for each in names if last and (last.folder / f"{each}.json").exists()), None
        )

    def _backend(self, name: str) -> Backend:
        if name not in self._open:
            self._open[name] = backends.load(name).connect({})
        return self._open[name]
