"""Runs a package in fresh jobs, and compares what comes out with what should."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.contracts.attempt import attempts, verdict
from ymir.contracts.backend import Failed, Job
from ymir.data.lots import lots
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.program import Runner
from ymir.jobs.request import Inference, Weights
from ymir.metrics.judge import judge
from ymir.package.contents import Package
from ymir.package.read import unpack_stage
from ymir.proof.agreement import Agreement, Tolerance, agreement
from ymir.proof.opening import onnx_of
from ymir.proof.proof import Check

IMAGES = 50
SEED = 0
NATIVE, ONNX = "native", "onnx"  # values of the executors' parameter `runtime`, and job folders
TOLERANCES: Mapping[str, Tolerance] = {
    NATIVE: Tolerance(iou=0.9, pixels=1.5, score=0.02, share=0.98, ap=0.01),
    ONNX: Tolerance(iou=0.9, pixels=1.5, score=0.05, share=0.95, ap=0.02),
}

_ITS_OWN = ("exit", "timeout")  # how jobs end that say something of the model

Result = Callable[[Path], Path]  # the folder of a job that ended well -> what it made, if sound


@dataclass(frozen=True, eq=False)
class Trial:
    """A package, and the images it is run on; `expected` and `truth` are of these, where known."""

    package: Package
    images: pl.DataFrame
    runtimes: tuple[str, ...] = (NATIVE,)
    expected: pl.DataFrame | None = None
    truth: pl.DataFrame | None = None
    limit: int = 0  # seconds that a job may take


def some(images: pl.DataFrame, count: int = IMAGES) -> pl.DataFrame:
    """So many of the images, the same ones whenever they are asked for."""
    drawn = pl.Series("drawn", lots(images["image"], seed=SEED))
    return images.with_columns(drawn).sort("drawn", "image").head(count).drop("drawn")


def runtimes(package: Package, template: Mapping[str, object] | None) -> tuple[str, ...]:
    """How the package can be run: by its ONNX file, too, where its executor knows how."""
    is_both = onnx_of(package) is not None and "runtime" in (template or {})
    return (NATIVE, ONNX) if is_both else (NATIVE,)


def jobs(trial: Trial, runner: Runner, media: Mapping[str, Path], folder: Path) -> tuple[Job, ...]:
    """A job for each runtime, with weights fresh from the tar, each in a folder below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="weights-", dir=folder) as unpacked:
        weights = Weights(trial.package.best_stage, unpack_stage(trial.package, Path(unpacked)))
        return tuple(_job(trial, each, weights, runner, media, folder) for each in trial.runtimes)


def examine(trial: Trial, folder: Path, result: Result) -> tuple[Check, ...]:
    """What the ended jobs show."""
    return tuple(_checks(trial, folder, result))


def _job(
    trial: Trial,
    runtime: str,
    weights: Weights,
    runner: Runner,
    media: Mapping[str, Path],
    folder: Path,
) -> Job:
    name = f"{folder.name}-{runtime}"
    request = Inference(
        task=name,
        class_names=trial.package.class_names,
        images=trial.images,
        media=media,
        model=weights,
        parameters={} if runtime == NATIVE else {"runtime": runtime},
        gpus=runner.spec.resources.gpus,
    )
    return runner.job(request, folder / runtime, name)


def _checks(trial: Trial, folder: Path, result: Result) -> Iterator[Check]:
    native = _found(trial, folder / NATIVE, result)
    if isinstance(native, str):
        yield Check("weights", holds=False, says=f"a fresh job does not run: {native}")
        return
    boxes = int(native["objects"].list.len().sum())
    said = f"loaded in a fresh job; {boxes} boxes in {trial.images.height} images"
    yield Check("weights", holds=True, says=said)
    if trial.expected is not None:
        yield _compared("predictions", trial, trial.expected, native, TOLERANCES[NATIVE])
    if ONNX in trial.runtimes:
        onnx = _found(trial, folder / ONNX, result)
        if isinstance(onnx, str):
            yield Check("onnx", holds=False, says=f"the ONNX model does not run: {onnx}")
        else:
            yield _compared("onnx", trial, native, onnx, TOLERANCES[ONNX])


def _found(trial: Trial, job: Path, result: Result) -> pl.DataFrame | str:
    """What a job found in the images, or why it did not."""
    if why := _why_failed(job, trial.limit):
        return why
    try:
        return read_predictions(result(job), trial.images, trial.package.class_names).images
    except ResultError as error:
        return str(error)


def _why_failed(job: Path, limit: int) -> str | None:
    """Why its program ended badly; a job that was ended from outside says nothing of the model."""
    if (job / "out").is_dir():
        return None
    newest = next(reversed(attempts(job)), None)
    ending = newest.ending if newest else None
    if newest is None or ending is None:
        raise ResultError("the job of the proof was lost")
    outcome = verdict(ending, newest.progress, limit)
    why = outcome.why if isinstance(outcome, Failed) else "its result was lost"
    if ending.how not in _ITS_OWN:
        raise ResultError(f"the job of the proof {why}")
    return why


def _compared(
    name: str, trial: Trial, one: pl.DataFrame, other: pl.DataFrame, tolerance: Tolerance
) -> Check:
    found = agreement(one, other, tolerance)
    figures = {"boxes": found.boxes, "alone": found.alone, "iou": found.iou, "score": found.score}
    says = _words(found)
    holds = found.holds(tolerance)
    if trial.truth is not None:
        before, now = (_ap(trial, each) for each in (one, other))
        figures |= {"ap50": before, "ap50_again": now}
        says += f"; AP50 {before:.3f} and {now:.3f}"
        holds = holds and abs(before - now) <= tolerance.ap
    if not holds:
        says += f"; wanted: {tolerance}"
    return Check(name, holds, says, figures)


def _words(found: Agreement) -> str:
    agreed = f"{found.boxes - found.alone} of {found.boxes} boxes agree"
    apart = f"least IoU {found.iou:.3f}, scores at most {found.score:.3f} apart"
    alone = f", e.g. not {found.example}" if found.example else ""
    return f"{agreed}{alone}; {apart}" if found.boxes else "neither finds a box"


def _ap(trial: Trial, found: pl.DataFrame) -> float:
    if trial.truth is None:
        raise AssertionError("nothing to judge by")
    scores, _ = judge(trial.truth, found, labels=trial.package.class_names, resamples=1)
    return scores.map.value
