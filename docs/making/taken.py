"""Files outside of `docs/` that pages lead to: the site has them, and links find them there."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from docs.making.place import DOCS, ROOT, address_of, path_of, written

# Pages that the reference has from where they are kept.
KEPT_ELSEWHERE = ("specs/plan.md", "specs/conditions.md", "executors/README.md", "SECURITY.md")
_LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)\s#]+)(?P<after>(?:#[^)\s]*)?\))")
_CODE = re.compile(r"^( *)```.*?^\1```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


@cache
def taken() -> Mapping[str, Path]:
    """Address -> file, of all that pages lead to, and of what those lead to."""
    found = {ROOT / name for name in KEPT_ELSEWHERE}
    open_ends = [*found, *written()]
    while open_ends:
        page = open_ends.pop()
        new = {path for path in _targets(page) if not path.is_relative_to(DOCS)} - found
        found |= new
        open_ends += [path for path in new if path.suffix == ".md"]
    return {address_of(path): path for path in sorted(found)}


def redirected(markdown: str, address: str) -> str:
    """A page's text, whose relative links lead to where files are on the site."""
    page = path_of(address)
    here = PurePosixPath(address).parent

    def replaced(found: re.Match[str]) -> str:
        target = _target(page, found["target"])
        if not target:
            return found[0]
        there = os.path.relpath(address_of(target), here)
        return f"{found['before']}{there}{found['after']}"

    codes = [found[0] for found in _CODE.finditer(markdown)]
    texts = (_LINK.sub(replaced, text) for text in _between(markdown))
    return "".join(text + code for text, code in zip_longest(texts, codes, fillvalue=""))


def _between(markdown: str) -> Iterator[str]:
    """What stands before, between and after code."""
    end = 0
    for found in _CODE.finditer(markdown):
        yield markdown[end : found.start()]
        end = found.end()
    yield markdown[end:]


def _targets(page: Path) -> Iterable[Path]:
    links = (found["target"] for found in _LINK.finditer(_CODE.sub("", page.read_text())))
    return filter(None, (_target(page, link) for link in links))


def _target(page: Path, link: str) -> Path | None:
    """The file that a link of a page leads to; of a folder, the page that it opens with."""
    path = Path(os.path.normpath(page.parent / link))
    if "://" in link or not path.is_relative_to(ROOT):
        return None
    pages = [path / "index.html", path / "README.md"] if path.is_dir() else [path]
    return next((each for each in pages if each.is_file()), None)
