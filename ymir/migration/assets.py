"""The images of a `mir` repository: files called by their SHA-1, in a folder it never names."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ymir.dvc.objects import copy_file, link_file
from ymir.errors import DataError

_NAME = re.compile(r"[0-9a-f]{40}")


def is_asset(name: str) -> bool:
    """Whether this can be the name of an image; anything else could lead anywhere."""
    return bool(_NAME.fullmatch(name))


@dataclass(frozen=True)
class Media:
    """A folder of images; each is read once and compared with its name."""

    folder: Path
    _seen: dict[str, str | None] = field(default_factory=dict)
    _placed: dict[str, Path] = field(default_factory=dict)

    def path(self, name: str) -> Path | None:
        """Where an image lies: in a folder of its last two digits, or beside the others."""
        paths = (self.folder / name[-2:] / name, self.folder / name)
        return next((path for path in paths if path.is_file()), None)

    def problem(self, name: str) -> str | None:
        """Why an image cannot be used; None if it is here and whole."""
        if name not in self._seen:
            self._seen[name] = self._problem(name)
        return self._seen[name]

    def place(self, name: str, target: Path) -> None:
        """Put an image somewhere: a copy at first, then links to that copy, never to our source."""
        if placed := self._placed.get(name):
            link_file(placed, target)
        elif path := self.path(name):
            copy_file(path, target)
            self._placed[name] = target

    def _problem(self, name: str) -> str | None:
        path = self.path(name)
        if not path:
            return f"`{self.folder / name[-2:] / name}` is missing"
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha1").hexdigest()
        except OSError as error:
            return f"`{path}` cannot be read: {error.strerror}"
        return None if digest == name else f"`{path}` is damaged: its SHA-1 is {digest}"


def find_media(repository: Path, names: Iterable[str]) -> Media:
    """The folder near a repository that holds one of these images; `names` may be many."""
    wanted = [name for name, _ in zip(names, range(100), strict=False)]
    for folder in _near(repository):
        media = Media(folder)
        if any(media.path(name) for name in wanted):
            return media
    if not wanted:
        return Media(repository)
    hint = "say where they are: `--media DIR`, what `mir` was given as `--gen-dir`"
    raise DataError(f"the images of `{repository}` are not beside it", hint=hint)


def _near(repository: Path) -> Iterator[Path]:
    above = repository.resolve().parent
    yield from sorted(each for each in above.iterdir() if each.is_dir())
