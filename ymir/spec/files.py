"""The spec files of a workspace, read with care: they may come from a stranger."""

from collections.abc import Iterator
from pathlib import Path

from ymir.errors import SpecError
from ymir.spec.compose import Composed, compose
from ymir.spec.mistakes import Mistake

_FOLDER = "specs"
_SUFFIXES = (".yaml", ".yml")
_LARGEST = 1_000_000  # bytes


def read_files(workspace: Path, kept: str | None = None) -> dict[str, Composed]:
    """Every spec file, by its path in the workspace; hidden files are left alone.

    `kept` is the folder of a copy, which is read as if it were the workspace's own.
    """
    folder = workspace / (kept or _FOLDER)
    if not folder.is_dir():
        raise SpecError(
            f"`{workspace}` is not a workspace: it has no folder `{_FOLDER}`",
            hint="`ymir init` makes one; `--workspace DIR` names another folder",
        )
    paths = sorted(_spec_paths(folder))
    names = [_printable(f"{_FOLDER}/{path.relative_to(folder).as_posix()}") for path in paths]
    return {name: _read(path, name, workspace) for name, path in zip(names, paths, strict=True)}


def _spec_paths(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in _SUFFIXES and not is_hidden and not path.is_dir():
            yield path


def _printable(name: str) -> str:
    """A file name that any output can hold, whatever bytes the file system has for it."""
    return name.encode(errors="replace").decode()


def _read(path: Path, name: str, workspace: Path) -> Composed:
    try:
        if not path.resolve().is_relative_to(workspace.resolve()):
            return _refused(name, "leads out of the workspace")
        if not path.is_file():
            return _refused(name, "is not a file")
        if path.stat().st_size > _LARGEST:
            return _refused(name, f"is larger than {_LARGEST:,} bytes")
        content = path.read_bytes()
    except (OSError, RuntimeError) as error:
        return _refused(name, f"cannot be read: {error}")
    try:
        return compose(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return _refused(name, "not UTF-8: save the file in this encoding", line, column)


def _refused(name: str, why: str, line: int = 0, column: int = 0) -> Composed:
    return Composed((), (Mistake(name, line, column, "", why),), is_whole=False)
