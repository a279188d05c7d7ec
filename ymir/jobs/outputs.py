"""Open what an executor left in `out/` with care: it may be missing, huge, or point elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from ymir.documents import yaml_of
from ymir.errors import ResultError

MIB = 1 << 20
_LARGEST_YAML = MIB
_LARGEST_TEXT = 2048 * MIB
_LONGEST_LINE = 400
# Half of a pair that stands for one character: no file and no terminal can hold it.
_HALF = re.compile(
    r"(?<!\\)(?:\\\\)*(?:"
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def wrong(file: str, what: str) -> ResultError:
    """What is wrong with a result file, in one line of bounded length whatever the file holds."""
    return ResultError(_one_line(f"{file}: {what}"))


def inside(out: Path, name: str, what: str) -> Path:
    """The file called `name` below `out`; never one outside of it."""
    pure = PurePosixPath(name)
    if not name or pure.is_absolute() or ".." in pure.parts or "\0" in name:
        raise wrong(what, f"`{name}` is not a file below `out/`")
    path = out / pure
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise wrong(what, f"`{name}` is missing") from error
    if not found.is_relative_to(out.resolve()):
        raise wrong(what, f"`{name}` points outside of `out/`")
    if not found.is_file():
        raise wrong(what, f"`{name}` is not a file")
    return path


def read_text(out: Path, name: str, *, limit: int = _LARGEST_TEXT) -> str:
    """The text of a result file of a size that can be read."""
    path = inside(out, name, "the executor ended, but its result is not there")
    size = path.stat().st_size
    if size > limit:
        raise wrong(name, f"{size} bytes are too many, at most {limit} are read")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(name, f"cannot be read as UTF-8 text: {error}") from error


def read_yaml(out: Path, name: str) -> dict[str, Any]:
    """The mapping in a YAML file."""
    text = read_text(out, name, limit=_LARGEST_YAML)
    try:
        return _mapping(yaml_of(text, aliases=True), name)
    except ValueError as error:
        raise wrong(name, f"is not YAML: {error}") from error


def read_json(out: Path, name: str) -> dict[str, Any]:
    """The mapping in a JSON file; NaN and Infinity, which Python writes, are numbers."""
    text = read_text(out, name)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong(name, f"is not JSON: {error}") from error
    if _HALF.search(text):
        raise wrong(name, "holds half a character, such as `\\ud800`, which is no text")
    return _mapping(found, name)


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(name, f"must be a mapping, and is {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return "empty" if value is None else f"a {type(value).__name__}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_LINE]
