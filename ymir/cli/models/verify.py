"""`ymir model verify TAR`: see whether a package is what it promises."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import polars as pl
import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.models.shelf import package_at
from ymir.cli.predict import Program, program_of
from ymir.cli.specs import WorkspaceOption
from ymir.contracts.backend import Running
from ymir.data.table import table
from ymir.errors import DataError, Exit, SpecError
from ymir.package.archive import sha256
from ymir.package.contents import Package
from ymir.prediction.inputs import look_for
from ymir.prediction.seen import Reader
from ymir.proof.opening import open_package
from ymir.proof.proof import Check, Proof
from ymir.proof.template import infer_template
from ymir.proof.trial import Trial, examine, jobs, runtimes, some
from ymir.rehearsal.pictures import plain
from ymir.spec.executor import seconds

_POLL = 0.1  # seconds between two looks at a job


def command(
    package: Annotated[str, typer.Argument(help="A package's file, or the name of a model here.")],
    images: Annotated[
        Path | None,
        typer.Option("--images", help="Run it on images of this folder; else on drawn ones."),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option("--executor", help="Run it with this executor, not the one it names."),
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Open a package as a stranger would: checksums, weights in a fresh job, ONNX beside native.

    Where its executor is not known, its files alone are checked. Ends with 1 if it is broken.
    """
    path = package_at(package, workspace)
    proof, left_out = _prove(path, images, executor, workspace)
    if as_json:
        console.data({**_data(proof), "left_out": left_out})
    else:
        console.out("\n".join(_lines(proof, left_out)))
    raise typer.Exit(Exit.DONE if proof.holds else Exit.FAILED)


def _prove(
    path: Path, images: Path | None, executor: str | None, workspace: Path
) -> tuple[Proof, str | None]:
    opened = open_package(path)
    digest = sha256(path)
    if opened.package is None:
        return Proof(path.name, digest, 0, opened.checks), None
    try:
        program = program_of(executor or opened.package.executor, workspace)
    except SpecError as error:
        if executor:
            raise
        why = f"{error}, so it was not run ({error.hint})"
        return Proof(path.name, digest, 0, opened.checks), why
    with TemporaryDirectory(prefix="ymir-verify-") as folder:
        checks, count = _run(opened.package, program, images, Path(folder))
    return Proof(path.name, digest, count, (*opened.checks, *checks)), None


def _run(
    package: Package, program: Program, images: Path | None, folder: Path
) -> tuple[tuple[Check, ...], int]:
    template = infer_template(program.runner)
    rows, media = _images(images, folder / "images")
    limit = seconds(program.runner.spec.resources.timeout)
    trial = Trial(package, some(rows), runtimes(package, template), limit=limit)
    for job in jobs(trial, program.runner, media, folder / "jobs"):
        try:
            program.backend.start(job)
            while isinstance(program.backend.poll(job), Running):
                time.sleep(_POLL)
        finally:
            program.backend.stop(job)
    checks = examine(trial, folder / "jobs", lambda job: job / "out")
    return checks, trial.images.height


def _images(chosen: Path | None, folder: Path) -> tuple[pl.DataFrame, Mapping[str, Path]]:
    """Some images of a folder, or drawn ones."""
    folder.mkdir()
    if chosen is None:
        drawn = plain(folder)
        return drawn.candidates, drawn.media
    reader = Reader(look_for([chosen], folder), 1.0)
    seen = next(reader.batches(folder), ())
    if not seen:
        raise DataError(
            f"`{chosen}` holds no JPEG and no PNG that can be read",
            hint="name a folder of images with `--images`, or leave it out: then they are drawn",
        )
    by_digest = {each.digest: each for each in seen}
    paths = {digest: each.path.resolve() for digest, each in by_digest.items()}
    return table(each.row for each in by_digest.values()), paths


def _data(proof: Proof) -> dict[str, JsonValue]:
    checks: list[JsonValue] = [
        {"name": each.name, "holds": each.holds, "says": each.says, "figures": {**each.figures}}
        for each in proof.checks
    ]
    return {
        "package": proof.package,
        "sha256": proof.sha256,
        "images": proof.images,
        "holds": proof.holds,
        "checks": checks,
    }


def _lines(proof: Proof, left_out: str | None) -> Iterator[str]:
    yield f"{proof.package}  sha256 {proof.sha256}"
    for each in proof.checks:
        yield f"{'✓' if each.holds else '✗'} {each.name}: {each.says}"
    if left_out:
        yield f"? {left_out}"
    kept = "is what it promises" if left_out is None else "is whole"
    yield f"the package {kept}" if proof.holds else "the package is broken"
