"""What becomes of a file that two clones changed: one of its texts, both, or none. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any, NamedTuple

import yaml

from ymir.dvc.project import KEPT_UP, OWN

_LINES = tuple(name for name in KEPT_UP if not name.endswith("config"))


class Texts(NamedTuple):
    """A file before both changed it, and as each left it; None where it is not there."""

    before: str | None
    theirs: str | None
    ours: str | None


def own_name(name: str) -> str | None:
    """A file that ymir writes, as its workspace calls it; None of any other.

    A workspace may lie anywhere in its repository, and others beside it.
    """
    parts = name.split("/")
    ends = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((end for end in ends if any(fnmatch(end, each) for each in OWN)), None)


def settled(name: str, texts: Texts) -> str | None:
    """The text that both can agree on; None if there is none.

    `name` is seen from the workspace. A version that both recorded from the same recipe, with the
    same content, is one; a round that went on further on one side has gone on.
    """
    before, theirs, ours = texts
    if theirs is None or ours is None:
        return None
    if name in _LINES:
        return _lines(theirs, ours)
    if fnmatch(name, "reports/dvc.yaml"):
        return _figures_listed(before or "", theirs, ours)
    if fnmatch(name, "reports/*/metrics.json"):
        return ours if _round_of(ours) > _round_of(theirs) else theirs
    if fnmatch(name, "reports/*/html.dvc"):
        return ours if _reported(ours) > _reported(theirs) else theirs
    return _pointer(theirs, ours) if name.endswith(".dvc") else None


def _pointer(theirs: str, ours: str) -> str | None:
    """The pointer that says at least what the other says."""
    left, right = _noted(theirs), _noted(ours)
    if left is None or right is None:
        return None
    if _holds(left, right):
        return theirs
    return ours if _holds(right, left) else None


def _holds(more: Mapping[str, object], less: Mapping[str, object]) -> bool:
    return all(more.get(name) == made for name, made in less.items())


def _noted(text: str) -> Mapping[str, object] | None:
    """Per stage of a round, or for the one version, what decides: its recipe and its content."""
    document = _document(text)
    try:
        outs, meta = document["outs"], document.get("meta")
        if not isinstance(meta, dict) or "ymir" not in meta:
            return {"": [each["md5"] for each in outs]}
        noted = meta["ymir"]
        stages = noted.get("stages", {"": noted})
        return {kind: (made["recipe"], made["digest"]) for kind, made in stages.items()}
    except (KeyError, TypeError, AttributeError):
        return None


def _reported(text: str) -> int:
    """The round that a report was made after."""
    try:
        return int(_document(text)["meta"]["ymir"]["facts"]["round"])
    except (KeyError, TypeError, ValueError):
        return 0


def _round_of(figures: str) -> int:
    try:
        return int(json.loads(figures)["round"])
    except (KeyError, TypeError, ValueError):
        return 0


def _document(text: str) -> dict[str, Any]:
    try:
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _lines(theirs: str, ours: str) -> str:
    """All lines of both."""
    more = [line for line in ours.splitlines() if line not in theirs.splitlines()]
    return "".join(f"{line}\n" for line in [*theirs.splitlines(), *more])


def _figures_listed(before: str, theirs: str, ours: str) -> str:
    """What both list, without what one of them has taken out."""
    old, left, right = (set(_listed(text)) for text in (before, theirs, ours))
    kept = (left | right) - (old - left) - (old - right)
    return yaml.safe_dump({"metrics": sorted(kept)})


def _listed(text: str) -> list[str]:
    found = _document(text).get("metrics")
    return [str(each) for each in found] if isinstance(found, list) else []
