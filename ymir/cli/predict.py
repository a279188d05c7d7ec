"""`ymir predict`: draw what a packaged model finds in images."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.contracts.backend import Failed, Job, Running, backends
from ymir.data.table import table
from ymir.errors import DataError, ResultError, SpecError
from ymir.jobs.environment import bundled
from ymir.jobs.predictions import read_predictions
from ymir.jobs.program import Runner
from ymir.jobs.request import Inference, Weights
from ymir.media.probe import probe
from ymir.package.contents import Package
from ymir.package.read import read_package, unpack_stage
from ymir.report.drawing import draw_boxes
from ymir.spec.executor import ExecutorSpec

THRESHOLD = 0.25  # where the package recommends none
POLL = 0.1  # seconds between two looks at the job


@dataclass(frozen=True)
class Seen:
    """An image to look at: where it is, what it is, and where its drawing goes."""

    path: Path
    drawing: Path
    row: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The image's identity."""
        return str(self.row["image"])


def command(
    package: Annotated[Path, typer.Argument(help="A model package: a round's tar.gz.")],
    images: Annotated[list[Path], typer.Argument(help="JPEG or PNG files.", metavar="IMAGE...")],
    out: Annotated[
        Path, typer.Option("--out", help="Where the drawings go.", file_okay=False)
    ] = Path("predictions"),
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Draw scores from here; by default the best for F1."
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option("--executor", help="Run it with this executor, not the one it names."),
    ] = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Draw what a packaged model finds in images, and say it in a line for each."""
    read = read_package(package)
    seen = look_at(images, out)
    with TemporaryDirectory(prefix="ymir-predict-") as folder:
        found = _find(read, seen, _executor(executor or read.executor, workspace), Path(folder))
    least = threshold if threshold is not None else read.threshold
    out.mkdir(parents=True, exist_ok=True)
    for each in seen:
        objects = [one for one in found[each.digest] if one["score"] >= (least or THRESHOLD)]
        draw_boxes(each.path, objects, read.class_names, each.drawing)
        console.out(line(each, objects))


def line(seen: Seen, objects: Sequence[Mapping[str, Any]]) -> str:
    """`photo.jpg: 2 car, 1 dog -> predictions/photo.jpg`."""
    counted = Counter(str(each["label"]) for each in objects)
    said = ", ".join(f"{number} {label}" for label, number in sorted(counted.items()))
    return f"{seen.path}: {said or 'nothing found'} -> {seen.drawing}"


def look_at(paths: Sequence[Path], out: Path) -> list[Seen]:
    """Open each image, and find a place for its drawing where nothing else is."""
    seen = [_look_at(path, out) for path in paths]
    names = Counter(each.drawing.name for each in seen)
    for each in seen:
        if names[each.drawing.name] > 1:
            raise DataError(
                f"two of the images are called `{each.drawing.name}`",
                hint="draw them one after the other, each with an `--out` of its own",
            )
        if each.drawing.resolve() == each.path.resolve():
            raise DataError(
                f"the drawing would replace the image `{each.path}`",
                hint="name another folder with `--out`",
            )
    return seen


def _look_at(path: Path, out: Path) -> Seen:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"`{path}` cannot be read: {error.strerror}") from error
    picture = probe(content, path.name)
    if isinstance(picture, str):
        raise DataError(f"`{path}` cannot be used: {picture}")
    row = {
        "image": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "file": path.name,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(content),
        "format": picture.format,
    }
    return Seen(path, out / path.name, row)


def _executor(name: str, workspace: Path) -> tuple[ExecutorSpec, Path, str]:
    """The executor's spec, the workspace it is seen from, and the backend that runs it."""
    if (workspace / "specs").is_dir():
        specs = catalogue(workspace.resolve())
        if name in specs.executors:
            return specs.executors[name], workspace, specs.workspace.backend
    if name in bundled():
        spec = ExecutorSpec(apiVersion="ymir/v1", kind="Executor", name=name, bundled=name)
        return spec, workspace, "process"
    what = f"the executor `{name}` is not known here" if name else "the package names no executor"
    raise SpecError(
        what, hint="go to the workspace that defines it, or name another with `--executor`"
    )


def _find(
    package: Package, seen: Sequence[Seen], runs: tuple[ExecutorSpec, Path, str], folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Image -> the objects that the model finds in it, the surest first."""
    spec, workspace, backend = runs
    media = {each.digest: each.path.resolve() for each in seen}
    request = Inference(
        task="predict",
        class_names=package.class_names,
        images=table({each.digest: each.row for each in seen}.values()),
        media=media,
        model=Weights(package.best_stage, unpack_stage(package, folder / "model")),
        gpus=spec.resources.gpus,
    )
    runs_in_containers = backends.load(backend).IN_CONTAINERS
    _run(Runner(spec, workspace, runs_in_containers).job(request, folder), backend)
    found = read_predictions(folder / "out", request.images, package.class_names).images
    return dict(found.select("image", "objects").iter_rows())


def _run(job: Job, backend: str) -> None:
    runner = backends.load(backend).connect()
    try:
        runner.start(job)
        while isinstance(outcome := runner.poll(job), Running):
            time.sleep(POLL)
    finally:
        runner.stop(job)
    if isinstance(outcome, Failed):
        raise ResultError(f"the executor failed: {outcome.why}")
