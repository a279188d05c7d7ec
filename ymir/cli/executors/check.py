"""`ymir executor check`: run an executor through every task, and judge it by the contract."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.executors.subject import How, Subject, subject
from ymir.cli.specs import WorkspaceOption
from ymir.errors import EngineError, Exit, SpecError
from ymir.jobs.manuals import manual_in
from ymir.spec.executor import ExecutorSpec, Resources
from ymir.spec.workspace import BackendSpec

if TYPE_CHECKING:
    from ymir.rehearsal.company import Company
    from ymir.spec.manual import Manual

QUICK = "check.yaml"  # in `img-man`: the parameters of a short training
_MEMORY, _DISK, _SHM, _PIDS = "2g", "512m", "1g", 256


def command(  # noqa: PLR0913 - one per option
    executor: Annotated[
        str, typer.Argument(help="Its name, its folder, or an image.", metavar="EXECUTOR")
    ],
    timeout: Annotated[
        str, typer.Option("--timeout", help="How long one task may take.", metavar="TIME")
    ] = "2m",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--with", help="A parameter that makes tasks short.", metavar="KEY=VALUE"),
    ] = None,
    build: Annotated[
        bool, typer.Option("--build/--no-build", help="Build the image of a folder first.")
    ] = True,
    base: Annotated[
        str | None, typer.Option("--base", help="Build on this image, not the Dockerfile's.")
    ] = None,
    backend: Annotated[
        How | None, typer.Option("--backend", help="Run it there, not where its spec says.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Work in this folder, and leave it.", file_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Train, infer, mine, stop, resume and fail on a few drawn pictures; judge every rule.

    Exit code 1 if a rule is broken. Nothing is recorded anywhere.
    """
    from ymir.rehearsal import report  # Polars and Pillow take their time to load
    from ymir.rehearsal.play import play
    from ymir.rehearsal.rules import rulings

    def tell(scene: str) -> None:
        if not as_json:
            console.error(f"… {scene}")

    found = _on_stage(subject(executor, workspace), base, may_build=build, backend=backend)
    with _folder(keep) as folder:
        given = _quick(found, parameters or ())
        company = _company(found, _limits(found.spec, timeout), folder, given, workspace)
        judged = rulings(play(company, tell))
    if as_json:
        console.data({"executor": found.name, "rules": report.data(judged)})
    else:
        console.out("\n".join(report.lines(judged)))
    if not report.is_sound(judged):
        raise typer.Exit(Exit.FAILED)


def _on_stage(found: Subject, base: str | None, *, may_build: bool, backend: How | None) -> Subject:
    """A folder's image, built where that is wanted and can be; else what there is."""
    if not found.is_buildable or not may_build or backend == "process":
        return replace(found, how=backend or found.how)
    from ymir.cli.executors.build import image_of_folder  # and the Docker SDK

    try:
        image = image_of_folder(found, base)
    except EngineError as error:
        if found.how == "docker" or "no container engine" not in str(error):
            raise
        console.error(f"{error}: runs as a process, without walls")
        return found
    spec = found.spec.model_copy(update={"image": image, "command": ()})
    return replace(found, spec=spec, how="docker")


def _limits(spec: ExecutorSpec, timeout: str) -> ExecutorSpec:
    """The spec with the short limits of a rehearsal; memory as the spec says, if it does."""
    own = spec.resources
    limits = {
        "gpus": own.gpus,
        "memory": own.memory or _MEMORY,
        "cpus": own.cpus,
        "shm": own.shm if "shm" in own.model_fields_set else _SHM,
        "pids": own.pids if "pids" in own.model_fields_set else _PIDS,
        "disk": own.disk or _DISK,
        "timeout": timeout,
    }
    try:
        short = Resources.model_validate(limits)
    except ValueError as error:
        raise SpecError(f"`{timeout}` is no time", hint="write `90s`, `5m` or `1h`") from error
    return spec.model_copy(update={"resources": short})


def _company(
    found: Subject,
    spec: ExecutorSpec,
    folder: Path,
    given: Mapping[str, Mapping[str, JsonValue]],
    workspace: Path,
) -> Company:
    from ymir.cli.place import place
    from ymir.jobs.program import Runner
    from ymir.rehearsal.company import Company

    here = place(BackendSpec(use=found.how))
    runner = Runner(spec, workspace, here.is_contained(spec))
    if lack := here.lacks(spec.resources):
        raise SpecError(lack, hint="check it where there are GPUs, or without `resources.gpus`")
    company = Company(
        runner=runner,
        backend=here.connect(),
        folder=folder,
        tag=f"ymir-check-{secrets.token_hex(4)}",
        manual=_manual(found),
        parameters=given,
    )
    if not runner.in_containers or os.getuid():
        return company
    from ymir.engine.client import connect
    from ymir.engine.containers import Containers
    from ymir.rehearsal.play import STRANGER

    return replace(company, stranger=Containers(connect, caller=(STRANGER, STRANGER)))


def _manual(found: Subject) -> Manual | None:
    from ymir.jobs.manuals import image_manual

    if found.how == "docker" and found.image:
        return image_manual(found.image)
    return manual_in(found.folder) if found.folder else None


def _quick(found: Subject, words: Sequence[str]) -> dict[str, dict[str, JsonValue]]:
    """Task -> the parameters that make it short: those of `check.yaml`, then those typed."""
    from ymir.spec.manual import TASKS

    typed = dict(_typed(word) for word in words)
    return {task: {**_written(found.folder, task), **typed} for task in TASKS}


def _typed(word: str) -> tuple[str, JsonValue]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise SpecError(f"`{word}` is no parameter", hint="write `--with epochs=1`")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise SpecError(
            f"the value of `{word}` is not YAML",
            hint="write a plain value, as in `--with epochs=1`",
        ) from error


def _written(folder: Path | None, task: str) -> dict[str, JsonValue]:
    """What the folder's `img-man/check.yaml` says of the task."""
    from ymir.spec.plain import UnreadableError, plain_yaml

    file = folder / "img-man" / QUICK if folder else None
    if file is None or not file.is_file():
        return {}
    try:
        said = plain_yaml(file.read_bytes())
    except UnreadableError as error:
        raise SpecError(f"{file} {error}") from error
    found = said.get(task, {}) if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise SpecError(f"{file}: must be a mapping of tasks to parameters")
    return found


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A folder that is gone afterwards, whatever was done to it; or the one to keep."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise SpecError(f"`{keep}` is not empty", hint="name another folder with `--keep`")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(mkdtemp(prefix="ymir-check-"))
    folder.chmod(0o755)  # for users of containers
    try:
        yield folder
    finally:
        for closed in folder.rglob("*"):
            if closed.is_dir() and not os.access(closed, os.R_OK | os.X_OK):
                closed.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
