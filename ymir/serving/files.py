"""Which files a server hands out, and how: pages and what belongs to them, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = "index.html"

# Ending -> type; a file that ends otherwise is not handed out.
_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".tar.gz": "application/gzip",
}
_DOWNLOADS = (".tar.gz",)
_PAGES = (
    "default-src 'none'; img-src 'self' data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src {}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)  # each page says more strictly, by hashes, which styles and scripts it runs
LIVE_POLICY, PAGE_POLICY = _PAGES.format("'self'"), _PAGES.format("'none'")
_OTHERS = "default-src 'none'; sandbox; frame-ancestors 'none'"
_BY_DIGEST = re.compile(r"[0-9a-f]{32}\.(jpg|png|webp)")


@dataclass(frozen=True)
class Served:
    """A file, and what its answer says of it."""

    path: Path
    headers: Mapping[str, str]


def find(roots: Mapping[str, Path], asked: str) -> Served | None:
    """The file that a path of an address means; None for whatever is not to be handed out.

    `roots` says which folder lies behind which beginning; the first that fits decides.
    """
    if "\0" in asked or "\\" in asked or not asked.startswith("/"):
        return None
    for prefix, folder in roots.items():
        if asked.startswith(prefix):
            return _inside(folder, asked.removeprefix(prefix))
    return None


def _inside(folder: Path, asked: str) -> Served | None:
    parts = asked.split("/")
    parts[-1] = parts[-1] or PAGE
    if any(not part or part.startswith(".") for part in parts):
        return None
    try:
        home = folder.resolve(strict=True)
        path = home.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # not there, a circle of links, too long a name
        return None
    ending = next((each for each in _TYPES if parts[-1].lower().endswith(each)), None)
    if ending is None or not path.is_relative_to(home) or not path.is_file():
        return None
    return Served(path, _headers(parts[-1], ending))


def _headers(name: str, ending: str) -> dict[str, str]:
    is_fixed = _BY_DIGEST.fullmatch(name) is not None
    headers = {
        "Content-Type": _TYPES[ending],
        "Content-Security-Policy": PAGE_POLICY if ending == ".html" else _OTHERS,
        "Cache-Control": "private, max-age=31536000, immutable" if is_fixed else "no-cache",
    }
    if ending in _DOWNLOADS:
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return headers
