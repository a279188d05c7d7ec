"""Bring a source to where it can be read: unpacked, downloaded or mirrored, and then used again.

What arrived lies in `.ymir/arrivals/` under the digest of what it is; a folder of that name is
complete. What a killed run left has another name and is removed by the next one.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ymir.disk import settle
from ymir.dvc.files import storing
from ymir.dvc.objects import md5_of_bytes
from ymir.errors import DataError
from ymir.sources.origins.memory import md5_of_archive
from ymir.spec.addresses import WEB, scheme_of
from ymir.spec.source import Source

_SHOWN = 5


def pinned(source: Source, workspace: Path) -> str | None:
    """A digest of what a source holds, for plans: no network, no secrets.

    Of an archive at hand, that of its bytes, None if it is absent; of what is away, that of what
    the spec says of it. None of a folder, too: its files have to be looked at.
    """
    if archive := source.zip or source.tar:
        return md5_of_archive(workspace / archive, workspace / ".ymir" / "sources")
    if source.sha256:
        return _digest("sha256", source.sha256)
    if source.url:
        return _digest("url", source.url, source.folder, source.revision)
    if source.git:
        return _digest("git", source.git.model_dump(mode="json"), source.folder, source.revision)
    return None


def fetch(source: Source, workspace: Path) -> Path:
    """The folder to read, of any source but `git`; what is not at hand is brought there."""
    with storing(f"`{source.place}` cannot be fetched"):
        if source.path:
            return workspace / source.path
        whole = _whole(source, workspace)
        return _folder_in(whole, source) if source.folder and not _is_mirror(source) else whole


def _whole(source: Source, workspace: Path) -> Path:
    if archive := source.zip or source.tar:
        return _unpacked(workspace / archive, _unpack_zip if source.zip else _unpack_tar, workspace)
    if _is_mirror(source):
        from ymir.sources.origins.objects import mirror  # the libraries behind it are heavy

        digest = _digest("mirror", source.url, source.folder)
        return mirror(source.url or "", source.folder, _arrivals(workspace) / digest)
    return _downloaded(source, workspace)


def _is_mirror(source: Source) -> bool:
    return bool(source.url) and not source.sha256


def _unpacked(archive: Path, unpack: Callable[[Path, Path], None], workspace: Path) -> Path:
    digest = md5_of_archive(archive, workspace / ".ymir" / "sources")
    if not digest:
        raise DataError(f"there is no file `{archive}`", hint="check `from: zip:` or `tar:`")
    before = archive.stat()

    def fill(folder: Path) -> None:
        unpack(archive, folder)
        after = archive.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DataError(f"`{archive}` changed while it was unpacked", hint="run again")

    return _arrived(_arrivals(workspace), digest, fill)


def _downloaded(source: Source, workspace: Path) -> Path:
    url, sha256 = source.url or "", source.sha256 or ""
    folder = workspace / ".ymir" / "downloads"

    def fill(into: Path) -> None:
        from ymir.sources.origins.download import download  # not every source is away

        archive = download(_pull(url), url, sha256, folder)
        unpack = _unpack_zip if _is_zip(archive) else _unpack_tar
        try:
            unpack(archive, into)
        except DataError as error:  # it is what was asked for, and of no use
            archive.unlink()
            raise DataError(f"what `{url}` holds: {error}", hint=error.hint) from error
        archive.unlink()

    return _arrived(_arrivals(workspace), _digest("sha256", sha256), fill)


def _unpack_zip(archive: Path, folder: Path) -> None:
    from ymir.sources.origins.zips import unpack_zip  # plans unpack nothing, and must start fast

    unpack_zip(archive, folder)


def _unpack_tar(archive: Path, folder: Path) -> None:
    from ymir.sources.origins.tars import unpack_tar

    unpack_tar(archive, folder)


def _is_zip(archive: Path) -> bool:
    with archive.open("rb") as file:
        return file.read(2) == b"PK"


def _pull(url: str) -> Callable[[Path], None]:
    """What continues a download, however it is fetched."""
    if scheme_of(url) in WEB:
        from ymir.sources.origins.web import pull

        return partial(pull, url)
    from ymir.sources.origins.objects import pull_object

    return partial(pull_object, url)


def _arrived(arrivals: Path, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder of that digest, filled unless it is there; whole or not there at all."""
    whole = arrivals / digest
    if whole.is_dir():
        return whole
    arrivals.mkdir(parents=True, exist_ok=True)
    for left in arrivals.glob("*.tmp"):
        shutil.rmtree(left, ignore_errors=True)
    partial = arrivals / f"{digest}.{secrets.token_hex(4)}.tmp"
    partial.mkdir()
    try:
        fill(partial)
        settle(partial)  # once for all files: no name may survive a power cut that its files do not
        partial.rename(whole)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return whole


def _folder_in(whole: Path, source: Source) -> Path:
    folder = whole / (source.folder or "")
    if not folder.is_dir():
        names = sorted(f"`{each.name}`" for each in whole.iterdir())
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise DataError(
            f"`{source.place}` has no folder `{source.folder}`",
            hint=f"it holds {', '.join(names[:_SHOWN])}{more}; correct `from: folder:`",
        )
    return folder


def _arrivals(workspace: Path) -> Path:
    return workspace / ".ymir" / "arrivals"


def _digest(*parts: object) -> str:
    return md5_of_bytes(json.dumps(parts).encode())
