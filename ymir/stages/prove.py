"""Open a round's package as a stranger would, and run what is in it."""

from functools import partial
from pathlib import Path

import polars as pl

from ymir.contracts.backend import Job
from ymir.dvc.files import write_whole
from ymir.errors import GateError
from ymir.package.archive import sha256
from ymir.plan.snapshot import Facts
from ymir.proof.card import proven_card
from ymir.proof.opening import Opened, open_package
from ymir.proof.proof import CARD, FILE, Proof, proofs
from ymir.proof.template import infer_template
from ymir.proof.trial import Trial, examine, runtimes, some
from ymir.proof.trial import jobs as jobs_of
from ymir.spec.executor import seconds
from ymir.stages.executing import executor_of, runner_of, sound
from ymir.stages.given import located
from ymir.stages.kind import Work
from ymir.stages.tables import labels_of, of_round, testing, text_setting


def jobs(work: Work) -> tuple[Job, ...]:
    """The packaged model on some testing images, natively and as ONNX."""
    opened = _opened(work)
    if not opened.may_run:
        return ()
    trial = _trial(work, opened)
    return jobs_of(trial, runner_of(work), located(work, trial.images), work.folder)


def make(work: Work, into: Path) -> Facts:
    """`proof.json`: what was tried, and how large the largest differences are; the model card."""
    opened = _opened(work)
    checks, images = opened.checks, 0
    if opened.may_run:
        trial = _trial(work, opened)
        checks += examine(trial, work.folder, partial(sound, work))
        images = trial.images.height
    path = _path(work)
    proof = Proof(path.name, sha256(path), images, checks)
    if not proof.holds and text_setting(work, "gate") == "block":
        raise GateError(_why(proof), hint=_HINT)
    write_whole(into / FILE, proofs.dump_json(proof, indent=1).decode() + "\n")
    write_whole(into / CARD, proven_card(path, proof))
    return proof.facts


_HINT = (
    "a model that has learned little finds many boxes that are equally likely, and any rounding "
    "swaps them: train longer; else mend the executor, or let it pass with `gates: {package: warn}`"
)


def _why(proof: Proof) -> str:
    lines = "".join(f"\n  {check.name}: {check.says}" for check in proof.broken)
    return f"the package `{proof.package}` is not what it promises:{lines}"


def _opened(work: Work) -> Opened:
    return open_package(_path(work), labels_of(work))


def _path(work: Work) -> Path:
    package = work.stage.inputs[0]
    file = work.store.observe()[package].facts["file"]
    return work.store.open(package) / str(file)


def _trial(work: Work, opened: Opened) -> Trial:
    if opened.package is None:
        raise AssertionError("a package that cannot be read is not run")
    images = some(testing(work))
    expected = of_round(work, work.stage.inputs[1], "predictions/testing.parquet")
    template = infer_template(runner_of(work))
    return Trial(
        package=opened.package,
        images=images,
        runtimes=runtimes(opened.package, template),
        expected=_only(images, expected),
        truth=images,
        limit=seconds(executor_of(work).resources.timeout),
    )


def _only(images: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return images.select("image").join(found, on="image", how="left", maintain_order="left")
