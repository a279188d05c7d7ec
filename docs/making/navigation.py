"""The navigation: what stands in a folder stands in its section."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from docs.making.place import ROOT, address_of, written
from docs.making.taken import KEPT_ELSEWHERE

FIRST = ("index.md", "tutorial.md")
SECTIONS = {"concepts": "Concepts", "how-to": "How to", "reference": "Reference"}
_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)


def navigation(generated: Iterable[str]) -> list[Any]:
    """First pages, then sections, then the rest; `generated` are addresses of the reference."""
    pages = [address_of(path) for path in sorted(written(), key=_rank)]
    above = [page for page in pages if "/" not in page]
    first = [page for page in FIRST if page in above]
    sections = {
        title: [page for page in pages if page.startswith(f"{folder}/")]
        for folder, title in SECTIONS.items()
    }
    sections["Reference"][:0] = [*generated, *(address_of(ROOT / name) for name in KEPT_ELSEWHERE)]
    filled = [{title: section} for title, section in sections.items() if section]
    return [*first, *filled, *(page for page in above if page not in first)]


def _rank(path: Path) -> tuple[int, str]:
    """Pages that say `order` at their top come first, the others by name."""
    front = _FRONT.match(path.read_text())
    told = yaml.safe_load(front[1]) if front else {}
    return told.get("order", 100), path.name
