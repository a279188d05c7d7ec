"""The last specs that were right: what work goes on with while the workspace's are broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ymir.watching.stamps import Stamp, spec_stamps

VARIABLE = "YMIR_SPECS_FROM"  # the folder, below the workspace, from which commands read specs
_FOLDER = Path(".ymir") / "watch" / "specs"
_LARGEST = 1_000_000  # bytes of a spec


class Good:
    """A copy of the specs, replaced whenever they were read without a mistake."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: tuple[Stamp, ...] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What lets a command read the copy."""
        return {VARIABLE: _FOLDER.as_posix()}

    def is_there(self) -> bool:
        """Whether there ever were any."""
        return (self._root / _FOLDER).is_dir()

    def names(self, word: str) -> bool:
        """Whether the copy has this word anywhere."""
        copies = (self._root / _FOLDER).glob("**/*.y*ml")
        return any(word.encode() in each.read_bytes() for each in copies)

    def keep(self, read: tuple[Stamp, ...]) -> None:
        """Copy what was just read without a mistake; `read` are its stamps from before that."""
        if self._kept == read and self.is_there():
            return
        new = self._root / _FOLDER.with_name("specs.new")
        shutil.rmtree(new, ignore_errors=True)
        try:
            new.mkdir(parents=True)
            for path, name in self._files():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, new / name)
        except OSError:  # somebody edits: there will be another look
            return
        if spec_stamps(self._root) == read:
            _put(new, self._root / _FOLDER)
            self._kept = read

    def _files(self) -> Iterator[tuple[Path, Path]]:
        specs = self._root / "specs"
        for path in specs.glob("**/*.y*ml"):
            if path.is_file() and path.stat().st_size <= _LARGEST:
                yield path, path.relative_to(specs)


def _put(new: Path, folder: Path) -> None:
    """A kill in between leaves none: then the next good look makes one."""
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
