"""A packaged model, ready to be run by its executor, one job after another."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Backend, Failed, Job, Running
from ymir.contracts.ticket import write_ticket
from ymir.data.table import table
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.program import Runner
from ymir.jobs.remarks import Remark
from ymir.jobs.request import Inference, Weights
from ymir.package.contents import Package
from ymir.package.read import unpack_stage
from ymir.prediction.seen import Seen

POLL = 0.1  # seconds between two looks at a job

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Detector:
    """Runs `weights`; its jobs lie in `home`."""

    package: Package
    weights: Weights
    runner: Runner
    backend: Backend
    home: Path

    def find(
        self, seen: Collection[Seen], number: int, tell: Tell
    ) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
        """Each different image with its objects, the surest first; and how the answer was read."""
        folder = self.home / f"{number:04}"
        by_digest = {each.digest: each for each in seen}
        request = Inference(
            task="predict",
            class_names=self.package.class_names,
            images=table(each.row for each in by_digest.values()),
            media=self._media(by_digest.values(), folder / "photos"),
            model=self.weights,
            gpus=self.runner.spec.resources.gpus,
        )
        job = self.runner.job(request, folder, f"{self.home.name}-{number:04}")
        _run(job, self.backend, tell)
        found = read_predictions(folder / "out", request.images, self.package.class_names)
        shutil.rmtree(folder)
        return found.images, found.remarks

    def _media(self, seen: Collection[Seen], copies: Path) -> dict[str, Path]:
        """Where the bytes are. A job has links: programs that we do not know get copies."""
        is_trusted = self.runner.in_containers or self.runner.spec.bundled is not None
        if is_trusted:
            return {each.digest: each.path.resolve() for each in seen}
        copies.mkdir(parents=True, exist_ok=True)
        return {each.digest: shutil.copyfile(each.path, copies / each.digest) for each in seen}


@contextmanager
def detector(package: Package, runner: Runner, backend: Backend) -> Iterator[Detector]:
    """The package's best model, unpacked; the folder of its jobs goes with it.

    In a workspace, they are among its jobs, and the logs of one that fails stay.
    """
    with _home(runner.workspace) as home:
        files = unpack_stage(package, home / "model")
        yield Detector(package, Weights(package.best_stage, files), runner, backend, home)


@contextmanager
def _home(workspace: Path) -> Iterator[Path]:
    jobs = workspace.resolve() / ".ymir" / "jobs"
    if not (workspace / "specs").is_dir():
        with tempfile.TemporaryDirectory(prefix="ymir-predict-") as folder:
            yield Path(folder)
        return
    jobs.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="predict-", dir=jobs))
    try:
        yield home
    except ResultError as error:
        for path in (home / "model", *home.glob("*/in"), *home.glob("*/photos")):
            shutil.rmtree(path, ignore_errors=True)
        raise ResultError(str(error), hint=f"see `ymir jobs logs {home.name}`") from error
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    shutil.rmtree(home)


def _run(job: Job, backend: Backend, tell: Tell) -> None:
    """Until it has ended well; it is ended with whoever waits for it."""
    write_ticket(job)
    try:
        backend.start(job)
        while isinstance(outcome := backend.poll(job), Running):
            if outcome.share is not None:
                tell(outcome.share)
            time.sleep(POLL)
    finally:
        backend.stop(job)
    if isinstance(outcome, Failed):
        tries = len(attempts(job.folder))
        again = f" (attempt {tries})" if tries > 1 else ""
        raise ResultError(f"the executor failed{again}: {outcome.why}")
