"""Download a file whose content is known by its hash; what has arrived is used again."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from ymir.errors import DataError

Pull = Callable[[Path], None]  # continue a file where it ends, until it is whole


def download(pull: Pull, url: str, sha256: str, folder: Path) -> Path:
    """The file, with the content that `sha256` promises; `DataError` if it has other content."""
    whole, part = folder / sha256, folder / f"{sha256}.part"
    if whole.is_file() and _sha256(whole) == sha256:
        return whole
    folder.mkdir(parents=True, exist_ok=True)
    was_begun = part.exists()
    pull(part)
    found = _sha256(part)
    if found != sha256 and was_begun:  # by another run, of what may have been another file
        part.unlink()
        pull(part)
        found = _sha256(part)
    if found != sha256:
        part.unlink()
        raise DataError(
            f"`{url}` is not the file that was asked for: its sha256 is `{found}`, "
            f"and the spec says `{sha256}`",
            hint="if the new content is right, write its sha256; the file was removed",
        )
    part.rename(whole)
    return whole


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
