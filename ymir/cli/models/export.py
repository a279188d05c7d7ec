"""`ymir model export NAME`: a model's package, or its ONNX file with what its users must know."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.models.shelf import Shelf
from ymir.cli.models.show import NameArgument
from ymir.cli.specs import WorkspaceOption
from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.package.archive import sha256
from ymir.package.contents import Package
from ymir.package.imported import chosen
from ymir.package.onnx import onnx_shapes
from ymir.package.read import read_package, unpack_stage
from ymir.proof.opening import onnx_of
from ymir.proof.proof import CARD


def command(
    name: NameArgument,
    onnx: Annotated[bool, typer.Option("--onnx", help="The ONNX file, and a JSON file.")] = False,
    package: Annotated[bool, typer.Option("--package", help="The whole package.")] = False,
    out: Annotated[
        Path, typer.Option("--out", help="The folder that they go to.", file_okay=False)
    ] = Path(),
    workspace: WorkspaceOption = Path(),
) -> None:
    """Hand a model over: `helmet-r3.tar.gz` and its card, or `helmet-r3.onnx` and `helmet-r3.json`.

    The JSON file lists the classes in the order of the model's outputs, the shapes of its inputs
    and outputs, and the score from which its maker believes what it finds.
    """
    if onnx == package:
        raise DataError("say what to export", hint="`--onnx` or `--package`")
    shelf = Shelf.of(workspace)
    found = shelf.find(name)
    stem = found.replace("/", "-").replace("@", "-")
    out.mkdir(parents=True, exist_ok=True)
    path = shelf.path(found)
    if package:
        _place(path, out / f"{stem}.tar.gz")
        if (card := path.with_name(CARD)).is_file():
            _place(card, out / f"{stem}.md")
    else:
        stage = shelf.data(found).get("stage")
        opened = chosen(read_package(path), str(stage) if stage else None)
        _export_onnx(opened, out / stem, found)


def _export_onnx(package: Package, stem: Path, name: str) -> None:
    wanted = onnx_of(package)
    if wanted is None:
        files = ", ".join(sorted(package.best.members))
        raise DataError(
            f"the model `{name}` has no ONNX file",
            hint=f"its executor made {files}; look whether it has a parameter for ONNX",
        )
    with TemporaryDirectory(prefix=".ymir-export-", dir=stem.parent) as folder:
        file = unpack_stage(package, Path(folder))[wanted]
        described: dict[str, JsonValue] = {
            "model": name,
            "class_names": list(package.class_names),
            "threshold": package.threshold,
            "map": package.best.map,
            **_sides(file.read_bytes()),
            "sha256": sha256(file),
        }
        _place(file, stem.with_name(f"{stem.name}.onnx"))
    about = stem.with_name(f"{stem.name}.json")
    write_whole(about, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    console.out(str(about))


def _sides(content: bytes) -> dict[str, JsonValue]:
    """`inputs` and `outputs`: tensor -> its shape."""
    return {
        side: {name: [*shape] for name, shape in tensors.items()}
        for side, tensors in onnx_shapes(content).items()
    }


def _place(source: Path, target: Path) -> None:
    """A copy of its own, whole or not there."""
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)
    console.out(str(target))
