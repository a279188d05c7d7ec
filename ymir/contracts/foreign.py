"""Files that a program left, opened with care: they may be pipes, links, devices, or endless."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def beginning(file: Path, most: int) -> bytes:
    """The first bytes of a plain file; an `OSError` for anything else, at once."""
    opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(opened, "rb") as found:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{file} is no plain file")
        return found.read(most)


def copy_inside(source: Path, target: Path, root: Path) -> bool:
    """Copy a file or a folder of `root`; False, and no copy, where it is neither or leads out.

    Modes are not copied, as what was stored is read-only; links in a folder stay links, and what is
    neither file, folder nor link is left out.
    """
    try:
        found = source.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    if not found.is_relative_to(root.resolve()):
        return False
    if found.is_dir():
        shutil.copytree(
            found, target, symlinks=True, copy_function=shutil.copyfile, ignore=_strange
        )
    elif found.is_file():
        shutil.copyfile(found, target)
    return found.is_dir() or found.is_file()


def _strange(folder: str, names: list[str]) -> set[str]:
    """Those that a copy would wait for, or that are no files."""
    modes = {name: Path(folder, name).lstat().st_mode for name in names}
    plain = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return {name for name, mode in modes.items() if not any(each(mode) for each in plain)}
