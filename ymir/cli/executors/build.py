"""`ymir executor build`: make the image of an executor that ships with ymir."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ymir import __version__
from ymir.cli import console
from ymir.cli.executors.subject import Subject
from ymir.errors import SpecError
from ymir.jobs.environment import folder_of
from ymir.jobs.program import image_of

_CUDA = "https://download.pytorch.org/whl/cu128"
_ORDERS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST")


def command(
    name: Annotated[str, typer.Argument(help="An executor that ships with ymir, e.g. `tinydet`.")],
    base: Annotated[
        str | None,
        typer.Option("--base", help="Begin with this image, which has Python and pip."),
    ] = None,
    cuda: Annotated[bool, typer.Option("--cuda", help="With torch for NVIDIA's GPUs.")] = False,
    host_network: Annotated[
        bool, typer.Option("--host-network", help="Let pip see this machine's own network.")
    ] = False,
    build_args: Annotated[
        list[str] | None,
        typer.Option("--build-arg", help="For the Dockerfile.", metavar="NAME=VALUE"),
    ] = None,
    push: Annotated[
        str | None, typer.Option("--push", help="Push it under this name.", metavar="IMAGE")
    ] = None,
) -> None:
    """Build the image in which `backend: docker` runs a bundled executor, from its Dockerfile."""
    from ymir.engine import build as engine_build  # the Docker SDK takes its time to load
    from ymir.engine.client import connect

    folder, image = folder_of(name), image_of(name)
    engine = connect()
    recipe = engine_build.Recipe(
        folder=folder.parent,
        tag=image,
        dockerfile=f"{name}/Dockerfile",
        ignored=("*", f"!{name}", "!kit", "**/README.md", "**/.*"),
        base=base,
        arguments={
            **_orders(),
            **(_for_cuda(folder) if cuda else {}),
            **dict(_argument(each) for each in build_args or ()),
        },
        labels=_labels(name, image),
        network="host" if host_network else None,
    )
    _say(engine_build.build(engine, recipe))
    latest = f"ymir-{name}:latest"
    engine_build.name(engine, image, latest)
    if push:
        engine_build.name(engine, image, push)
        _say(engine_build.push(engine, push))
    console.out(f"executor `{name}` is ready as {image}, also called {push or latest}")


def image_of_folder(found: Subject, base: str | None) -> str:
    """Build the image of somebody's own folder for a check; the engine's cache makes it quick."""
    from ymir.engine import build as engine_build
    from ymir.engine.client import connect

    if found.folder is None:
        raise SpecError(
            f"`{found.name}` has no folder",
            hint="only those that ship with ymir are built here; `ymir executor ls` lists them",
        )
    plain = re.sub(r"[^a-z0-9]+", "-", found.name.lower()).strip("-") or "executor"
    image = f"ymir-check/{plain}:latest"
    recipe = engine_build.Recipe(found.folder, image, base=base, arguments=_orders())
    for line in engine_build.build(connect(), recipe):
        console.error(f"  {line}")
    return image


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.out(line)


def _orders() -> dict[str, str]:
    """The caller's orders to pip that can be told to anybody: an image shows what built it."""
    given = {name: os.environ.get(name, "") for name in _ORDERS}
    return {name: value for name, value in given.items() if value and _is_open(value)}


def _is_open(value: str) -> bool:
    """Whether it names places in the network, and no password."""
    parts = [urlsplit(each) for each in value.split()]
    return all(
        (each.scheme in ("http", "https") or (not each.scheme and "/" not in each.path))
        and each.password is None
        and each.username is None
        for each in parts
    )


def _argument(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not name.isidentifier() or not equals:
        raise SpecError(f"`{word}` is no build argument", hint="write `--build-arg NAME=VALUE`")
    return name, value


def _for_cuda(folder: Path) -> dict[str, str]:
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    if "ARG TORCH_INDEX" not in text:
        raise SpecError(
            f"{folder / 'Dockerfile'} has no `ARG TORCH_INDEX`",
            hint="its image is made for GPUs as it is: leave out `--cuda`",
        )
    return {"TORCH_INDEX": _CUDA}


def _labels(name: str, image: str) -> dict[str, str]:
    return {
        "ymir.version": __version__,
        "ymir.executor": name,
        "ymir.digest": image.rpartition(":")[2],
        "org.opencontainers.image.licenses": "Apache-2.0",
    }
