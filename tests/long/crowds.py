"""Many jobs at a time, through the loop and the backend of processes, each a real program."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fakes import MemoryLedger
from tests.long.rounds import Kind, endless, specs
from tests.long.standing import standing, within
from ymir.backends.process import Processes
from ymir.contracts.backend import Job
from ymir.dvc.project import prepare
from ymir.media.store import MediaStore
from ymir.plan.plan import Plan
from ymir.reconcile import Bench, reconcile
from ymir.stages.kind import Work
from ymir.stores.dvc import DvcStore

PROGRAM = "import time; time.sleep({seconds}); open('out/done', 'w').close()"


@dataclass
class Crowd(Kind):
    """So many jobs for each training."""

    count: int = 200
    seconds: float = 0.0

    def jobs(self, work: Work) -> tuple[Job, ...]:
        if self.name != "train":
            return ()
        return tuple(self._job(work, number) for number in range(self.count))

    def _job(self, work: Work, number: int) -> Job:
        folder = work.folder / f"{number:03}"
        (folder / "in").mkdir(parents=True, exist_ok=True)
        program = PROGRAM.format(seconds=self.seconds)
        return Job(f"crowd-{number}", (sys.executable, "-I", "-S", "-c", program), folder)


@dataclass(frozen=True)
class Crowded:
    """The most that was seen at a time, and what is left at the end."""

    left: Plan
    programs: int  # that ended well
    at_once: int  # programs of jobs; not those that look after them, and may end a little later
    handles: int
    children: int
    after: dict[str, float]  # of this process, and `processes` of jobs
    before: dict[str, float]


def crowd(root: Path, *, count: int, workers: int, seconds: float = 0.0) -> Crowded:
    """A training of `count` jobs, `workers` at once; others of its round make a small file."""
    prepare(root, None)
    world, store, seen = endless(), DvcStore(root), []

    def emit(_: object) -> None:
        seen.append({**standing(), "programs": sum(map(_is_program, within(root)))})

    before = standing()
    left = reconcile(
        Bench(
            catalogue=specs(1),
            workspace=root,
            store=store,
            media=MediaStore(root),
            backend=Processes(width=workers),
            ledger=MemoryLedger(),
            look=world.look,
            emit=emit,
            kind=lambda name: Crowd(name, world, count, seconds),
        )
    )
    return Crowded(
        left,
        len(list((root / ".ymir" / "jobs").glob("p-r1-train-*/*/attempts/*/exit.json"))),
        *(int(max(each[name] for each in seen)) for name in ("programs", "handles", "children")),
        {**standing(), "processes": len(within(root))},
        before,
    )


def _is_program(process: int) -> bool:
    try:
        return b"\0-c\0" in Path(f"/proc/{process}/cmdline").read_bytes()[:200]
    except OSError:
        return False
