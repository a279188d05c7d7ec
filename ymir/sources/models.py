"""Where the packages of models come from: what planning knows of one, and the file itself."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ymir.dvc.files import storing
from ymir.errors import DataError
from ymir.sources.origins.memory import md5_of_archive
from ymir.spec.addresses import FILE, WEB, local_path, scheme_of
from ymir.spec.model import ModelSource


def planned_package(source: ModelSource, workspace: Path) -> str | None:
    """A digest of the package, for plans; None if the file is absent. Reaches no network."""
    if source.sha256:
        is_here = source.path is None or (workspace / source.path).is_file()
        return f"sha256:{source.sha256}" if is_here else None
    return md5_of_archive(workspace / str(source.path), workspace / ".ymir" / "sources")


def bring_package(source: ModelSource, workspace: Path, target: Path) -> str:
    """Copy or fetch the package to `target`; return its digest, as planning would."""
    with storing(f"`{source.place}` cannot be fetched"):
        if source.path is not None:
            _copy(workspace / source.path, target)
        else:
            _fetch(source, workspace, target)
        found = _digest(target, "sha256")
    if source.sha256 and found != source.sha256:
        raise DataError(
            f"`{source.place}` is not the package that was asked for: its sha256 is `{found}`, "
            f"and the spec says `{source.sha256}`",
            hint="if the new content is right, write its sha256",
        )
    return f"sha256:{found}" if source.sha256 else _digest(target, "md5")


def _copy(path: Path, target: Path) -> None:
    try:
        shutil.copyfile(path, target)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(f"there is no file `{path}`", hint="check `from: path:`") from error


def _fetch(source: ModelSource, workspace: Path, target: Path) -> None:
    from ymir.sources.origins.download import download  # most packages are at hand

    url, folder = str(source.url), workspace / ".ymir" / "downloads"
    if scheme_of(url) == FILE:
        _copy(Path(str(local_path(url))), target)
        return
    download(_pull(url), url, str(source.sha256), folder).replace(target)


def _pull(url: str) -> Callable[[Path], None]:
    """What continues the download."""
    if scheme_of(url) in WEB:
        from ymir.sources.origins.web import pull

        return partial(pull, url)
    from ymir.sources.origins.objects import pull_object

    return partial(pull_object, url)


def _digest(path: Path, how: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(how, usedforsecurity=False)
        ).hexdigest()
