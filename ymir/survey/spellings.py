"""Names of classes that are the same but for spaces, `-`, `_` and `.`: one class, perhaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SIGNS = re.compile(r"[\s._-]+")


def spellings(classes: Iterable[str]) -> Mapping[str, str]:
    """Name -> the first name that is spelt like it, for each that is not the first of its like."""
    first: dict[str, str] = {}
    found = {name: first.setdefault(_SIGNS.sub("", name.lower()), name) for name in classes}
    return {name: before for name, before in found.items() if name != before}
