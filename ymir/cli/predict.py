"""`ymir predict`: what a packaged model finds in photos and videos."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets.layout import counted, plain
from ymir.cli.images import LocalImages
from ymir.cli.models.shelf import package_named
from ymir.cli.place import place
from ymir.cli.running.display import Plain, Screen, screen
from ymir.cli.running.supply import bring
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.contracts.backend import Backend
from ymir.errors import Exit, SpecError
from ymir.jobs.environment import bundled
from ymir.jobs.program import Runner
from ymir.jobs.remarks import RULES
from ymir.package.contents import Package
from ymir.package.read import read_package
from ymir.plan.models import named_by
from ymir.prediction.detector import Detector, detector
from ymir.prediction.inputs import look_for
from ymir.prediction.results import FILE, believed
from ymir.prediction.seen import Reader, seconds_between
from ymir.prediction.write import PAGE, Outcome, Wanted, refuse_overwriting, write_predictions
from ymir.spec.executor import ExecutorSpec
from ymir.spec.workspace import BackendSpec

THRESHOLD = 0.25  # where the package recommends none
_FEW = 20  # images that get a line each
_WORK = "looking"


@dataclass(frozen=True)
class Program:
    """The executor that runs the model, and the backend that runs the executor."""

    runner: Runner
    backend: Backend


def command(  # noqa: PLR0913 - each is an option of the command
    package: Annotated[
        str, typer.Argument(help="A package's file, or a model here: `helmet/r3`, `heads@v2`.")
    ],
    inputs: Annotated[
        list[Path], typer.Argument(help="JPEG or PNG files, folders of them, videos.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Where the result goes.", file_okay=False)
    ] = Path("predictions"),
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Believe scores from here; by default the best of F1."
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option("--every", help="Of a video, a frame each `1s` (so by default), `500ms`, …"),
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--fps", min=0.0001, help="Of a video, so many frames a second.")
    ] = None,
    drawings: Annotated[bool, typer.Option(help="Draw the boxes on copies of the images.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier prediction.")] = False,
    executor: Annotated[
        str | None,
        typer.Option("--executor", help="Run it with this executor, not the one it names."),
    ] = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Show what a packaged model finds in photos, folders and videos.

    Writes a folder: `index.html`, a page with all images and their boxes; `predictions.json`, in
    the form of COCO, every box with its score; and the images with their boxes in `drawings/`.
    """
    read = read_package(_file(package, workspace))
    refuse_overwriting(out, may_replace=force)
    reader = Reader(look_for(inputs, out), seconds_between(every, rate))
    wanted = Wanted(out, believed_from(read, threshold), drawings)
    program = program_of(executor or read.executor, workspace)
    try:
        with stoppable(), detector(read, program.runner, program.backend) as ready:
            outcome = _write(reader, ready, wanted)
    except KeyboardInterrupt:
        console.error("stopped; its job has ended, and nothing is written")
        raise typer.Exit(Exit.PENDING) from None
    for line in said(outcome, reader, wanted):
        console.out(line)


def believed_from(package: Package, threshold: float | None) -> float:
    """The score that is asked for, or else the best one by the package's record."""
    least = package.threshold if threshold is None else threshold
    return THRESHOLD if least is None else least


def program_of(name: str, workspace: Path, *, is_quiet: bool = False) -> Program:
    """How the executor of this name is run here."""
    spec, backend = executor_named(name, workspace)
    shown = screen(is_quiet=is_quiet or not sys.stdout.isatty())
    return _program(spec, workspace, backend, shown)


def executor_named(name: str, workspace: Path) -> tuple[ExecutorSpec, BackendSpec]:
    """The executor that a package means by `name`, and the backend that runs it here."""
    if (workspace / "specs").is_dir():
        specs = catalogue(workspace.resolve())
        found = specs.executors.get(name) or named_by(name, None, specs.executors.values())
        if found:
            return found, specs.workspace.backend
    if name in bundled():
        spec = ExecutorSpec(apiVersion="ymir/v1", kind="Executor", name=name, bundled=name)
        return spec, BackendSpec()
    what = f"the executor `{name}` is not known here" if name else "the package names no executor"
    raise SpecError(
        what, hint="go to the workspace that defines it, or name another with `--executor`"
    )


def said(outcome: Outcome, reader: Reader, wanted: Wanted) -> Iterator[str]:
    """A line for each of a few images; all of them in one line; what was left out; where it is."""
    found = outcome.found
    labels = [
        [str(each["label"]) for each in objects]
        for objects in believed(found, wanted.threshold).to_list()
    ]
    if len(labels) <= _FEW:
        for name, own in zip(found["name"].to_list(), labels, strict=True):
            yield f"{plain(name)}: {_counted(own) or 'nothing found'}"
    if len(labels) > 1:
        nothing = sum(not own for own in labels)
        every = _counted([label for own in labels for label in own])
        without = f"; nothing in {nothing:,}" if nothing else ""
        yield f"{counted(len(labels), 'image')}: {every or 'nothing found'}{without}"
    yield from _left_out(reader)
    yield from (f"{count} {RULES[rule]}" for rule, count in sorted(outcome.remarks.items()))
    yield f"{wanted.out / FILE}"
    yield f"{wanted.out / PAGE}"


def _left_out(reader: Reader) -> Iterator[str]:
    yield from (f"skipped {plain(name)}: {why}" for name, why in reader.skipped.items())
    passed = reader.inputs.passed_over
    if others := passed.get("other"):
        yield f"{counted(others, 'file')} passed over: neither JPEG nor PNG"
    if videos := passed.get("video"):
        yield f"{counted(videos, 'video')} passed over: videos are named one by one"


def _counted(labels: Sequence[str]) -> str:
    """`2 car, 1 dog`."""
    pairs = sorted(Counter(labels).items())
    return ", ".join(f"{number:,} {plain(label)}" for label, number in pairs)


def _program(spec: ExecutorSpec, workspace: Path, backend: BackendSpec, shown: Screen) -> Program:
    here, images = place(backend), LocalImages()

    def pull(image: str) -> None:
        for pulled in images.pull(image):
            shown.advance(f"image {image}", pulled.share)

    shown.open()
    try:
        bring(spec, here, images, pull)
    finally:
        shown.close()
    return Program(Runner(spec, workspace, here.is_contained(spec)), here.connect())


def _file(package: str, workspace: Path) -> Path:
    """The package's file: a path, or where a model of the workspace has it."""
    path = Path(package)
    is_name = (workspace / "specs").is_dir() and not package.endswith((".gz", ".tgz", ".tar"))
    return package_named(workspace, package) if is_name and not path.exists() else path


def _write(reader: Reader, ready: Detector, wanted: Wanted) -> Outcome:
    """With a bar on a terminal, and elsewhere a line for each part of many images."""
    shown, before = screen(is_quiet=False), 0

    def tell(share: float, done: int, total: int) -> None:
        nonlocal before
        shown.advance(_WORK, share)
        if before < done < total and isinstance(shown, Plain):
            shown.say(f"{done:,} of {total:,} images")
        before = done

    shown.open()
    try:
        return write_predictions(reader, ready, wanted, tell)
    finally:
        shown.close()


@contextmanager
def stoppable() -> Iterator[None]:
    """While inside, TERM ends the job as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
