"""Names that are safe: of datasets, from branches, and of files, from what somebody once typed."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from ymir.migration.messages import JPEG, PNG

SUFFIXES = {JPEG: ".jpg", PNG: ".png"}
_LONGEST = 64  # letters of a dataset's name
_STEM = 120  # bytes of a file's name, without its suffix
_FORBIDDEN = frozenset('\\/:*?"<>|')


def dataset_names(branches: Iterable[str]) -> dict[str, str]:
    """A name for the dataset of each branch; where two would be the same, one gets a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for branch in branches:
        plain = re.sub(r"[^a-z0-9]+", "-", branch.lower()).strip("-") or "dataset"
        names[branch] = distinct(plain, taken)
        taken.add(names[branch])
    return names


def distinct(name: str, taken: Iterable[str], longest: int = _LONGEST) -> str:
    """The name, cut to `longest` letters, or with the first number that makes it a new one."""
    used, number, found = set(taken), 1, name[:longest]
    while found in used:
        number += 1
        found = f"{name[: longest - len(str(number)) - 1]}-{number}"
    return found


def file_names(assets: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """A file name for each image, from its SHA-1, its old name and its kind.

    No name leads anywhere, is hidden, or differs from another in its case or suffix alone.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for sha1, old, kind in assets:
        stem = _stem(old) or sha1
        while stem.casefold() in taken:
            stem = f"{stem}-{sha1[:12]}"
        taken.add(stem.casefold())
        names[sha1] = stem + SUFFIXES[kind]
    return names


def _stem(old: str) -> str:
    stem = PurePosixPath(old.replace("\\", "/")).stem
    plain = "".join(
        each if each.isprintable() and each not in _FORBIDDEN else "_" for each in stem
    ).strip(" .")
    return plain.encode()[:_STEM].decode(errors="ignore")
