"""Write a job's `in/` as the folder contract wants it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path, PurePath

import yaml
from pydantic import JsonValue

from ymir.disk import settle
from ymir.errors import DataError, StoreError
from ymir.jobs.annotations import documents
from ymir.jobs.away import FILE, Away
from ymir.jobs.inputs import (
    card,
    config,
    environment,
    form_of,
    index,
    models_folder,
    places,
    tables,
    weights_of,
)
from ymir.jobs.request import Request, Training


def lay_out(
    request: Request, folder: Path, *, root: PurePath | None = None, away: Away | None = None
) -> None:
    """Write `<folder>/in`, all or nothing; do nothing when it is there already.

    `root` is where the executor sees `in` and `out`: by default the folder itself, under a name
    without blanks; `/` in a container, where links are copies because it cannot follow them. If the
    images are `away`, `in/assets` leads to a folder of the node, which fetches what is listed.
    """
    seen = root if root is not None else blank_free(folder)
    described = _yaml(environment(request, seen))
    inputs = folder / "in"
    if _is_written(inputs / "env.yaml", described):
        return
    partial = folder / "in.partial"
    for stale in (partial, inputs):
        shutil.rmtree(stale, ignore_errors=True)
    for name in ("annotations", "models", *(() if away else ("assets",))):
        (partial / name).mkdir(parents=True)
    (partial / "env.yaml").write_text(described, encoding="utf-8")
    (partial / "config.yaml").write_text(_yaml(config(request, seen)), encoding="utf-8")
    _write_images(request, partial, seen)
    if away is None:
        _write_assets(request, partial, may_link=root is None)
    else:
        _list_assets(request, partial, away, folder.absolute())
    _write_weights(request, partial)
    settle(folder)  # what a power cut has torn would look as if it were written
    partial.rename(inputs)


def is_finding(folder: Path) -> bool:
    """Whether the job in this folder was asked to find objects."""
    return _is_asked(folder, "run_infer")


def is_ranking(folder: Path) -> bool:
    """Whether the job in this folder was asked to rank images."""
    return _is_asked(folder, "run_mining")


def blank_free(folder: Path) -> Path:
    """The folder, or a link to it when its path has blanks: executors split lines at those."""
    folder = folder.absolute()
    if not re.search(r"\s", str(folder)):
        return folder
    home = Path(tempfile.gettempdir()) / f"ymir-{os.getuid()}"
    if re.search(r"\s", str(home)):
        raise StoreError(
            f"executors cannot work in a folder with blanks in its path: {folder}",
            hint="move the workspace, or set TMPDIR to a path without blanks",
        )
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise StoreError(f"{home} belongs to somebody else", hint="set TMPDIR to a folder of yours")
    link = home / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    if not link.is_symlink():
        link.symlink_to(folder)
    return link


def _is_asked(folder: Path, task: str) -> bool:
    text = (folder / "in" / "env.yaml").read_text(encoding="utf-8")
    return bool(yaml.safe_load(text)[task])


def _is_written(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _yaml(values: Mapping[str, JsonValue]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)


def _write_images(request: Request, inputs: Path, root: PurePath) -> None:
    form = form_of(request) if isinstance(request, Training) else None
    for name, images in tables(request).items():
        text = index(images, root, form)
        (inputs / f"{name}-index.tsv").write_text(text, encoding="utf-8")
    if isinstance(request, Training):
        for name, text in documents(request, root):
            target = inputs / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _assets(request: Request) -> dict[str, str]:
    """Path below `in/` -> digest, of every image."""
    listed = (places(images) for images in tables(request).values())
    return dict(row for each in listed for row in each.select("asset", "image").iter_rows())


def _write_assets(request: Request, inputs: Path, *, may_link: bool) -> None:
    for asset, digest in _assets(request).items():
        if digest not in request.media:
            raise DataError(f"the bytes of image {digest} are not at hand", hint="run `ymir pull`")
        target = inputs / asset
        target.parent.mkdir(exist_ok=True)
        _place(request.media[digest], target, may_link=may_link)


def _list_assets(request: Request, inputs: Path, away: Away, job: Path) -> None:
    images = {asset.removeprefix("assets/"): each for asset, each in _assets(request).items()}
    (inputs / FILE).write_text(json.dumps(asdict(away.note(job, images))), encoding="utf-8")
    (inputs / "assets").symlink_to(away.assets(job))


def _write_weights(request: Request, inputs: Path) -> None:
    """Copy the model's files: they are few, and an executor may write where it reads them."""
    weights = weights_of(request)
    if weights is None:
        return
    (inputs / "models" / "ymir-info.yaml").write_text(_yaml(card(request)), encoding="utf-8")
    for name, source in weights.files.items():
        target = inputs / models_folder(request, weights) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _place(source: Path, target: Path, *, may_link: bool) -> None:
    """Hard link; where the file system refuses, a symbolic link or a copy."""
    try:
        os.link(source.resolve() if source.is_symlink() else source, target)
    except FileExistsError:  # the same image in two sets
        return
    except OSError:
        if not may_link:
            shutil.copyfile(source, target)
        else:
            target.symlink_to(source.resolve())
