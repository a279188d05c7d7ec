"""The page of a comparison, and where it lies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from ymir.comparison.finding import FOLDER
from ymir.dvc.files import storing, write_whole
from ymir.media.small import Progress
from ymir.media.store import MediaStore
from ymir.report.album.building import Extras, album_of
from ymir.report.album.packing import pack
from ymir.report.album.thumbs import CACHE, Places, with_pictures
from ymir.report.charts.drawn import drawn
from ymir.report.collect.comparison import Comparison
from ymir.report.page import page
from ymir.report.record import at_hand
from ymir.report.shown.pages import CompareReport

_LONGEST = 100  # letters


def page_path(root: Path, names: Sequence[str], testing: str) -> Path:
    """Where the page of these models lies; its name says which they are, as far as files allow."""
    plain = "+".join(re.sub(r"[^A-Za-z0-9@._-]+", "-", each).strip("-.") for each in names)
    digest = hashlib.sha256("\n".join([*names, testing]).encode(errors="replace")).hexdigest()
    return root / FOLDER / f"{plain[:_LONGEST].lstrip('.')}-{digest[:6]}.html"


def write_page(
    comparison: Comparison, report: CompareReport, root: Path, into: Path, progress: Progress
) -> None:
    """Write the page, whole; its pictures lie beside it."""
    album = album_of(
        comparison.truth,
        [each.judged for each in comparison.sides],
        comparison.labels,
        Extras(slices=comparison.slice_images),
    )
    places = Places(at_hand(MediaStore(root)), root / ".ymir" / CACHE, into.parent)
    with storing(f"`{into}` cannot be written"):
        into.parent.mkdir(parents=True, exist_ok=True)
        pictured, inlined = with_pictures(album, places, progress=progress)
        write_whole(into, page(report, charts=drawn(report), album=pack(pictured, inlined)))
