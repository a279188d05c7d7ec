"""Writes the page of a workspace and what lies beside it; what is unchanged is not written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ymir.contracts.labeling import Counting, tools
from ymir.dvc.files import write_whole
from ymir.errors import PluginError, StoreError
from ymir.site.collect import collect
from ymir.site.galleries import Tell, Which, make_galleries, pictures
from ymir.site.memory import Memory
from ymir.site.packages import place_packages
from ymir.site.pages import bring_pages, find_pages
from ymir.site.record import PAGE, REPORTS, CountDone, Placed, WorkspaceRecord
from ymir.site.render import MARK, render
from ymir.site.shown import Site
from ymir.site.stock import comparing

LIVE = ".ymir/site/live.html"  # the page as `ymir serve` hands it out


@dataclass(frozen=True)
class Order:
    """What to make: into which folder, with which galleries."""

    into: Path
    galleries: Which = "newest"


def write_site(record: WorkspaceRecord, order: Order, tell: Tell) -> Site:
    """Write `index.html`, with galleries and packages beside it; return what it shows.

    One at a time: a server may be at it, too.
    """
    own = record.root / ".ymir" / "site"
    own.mkdir(parents=True, exist_ok=True)
    with FileLock(own / "lock"):
        return _write(record, order, tell)


def counting(root: Path) -> CountDone:
    """Asks label tools how far people are."""

    def done(tool: str, batch: str) -> int | None:
        try:
            plugin = tools.load(tool)
        except PluginError:  # it was there when the batch was sent
            return None
        return plugin.done(root, batch) if isinstance(plugin, Counting) else None

    return done


def _write(record: WorkspaceRecord, order: Order, tell: Tell) -> Site:
    into, memory = order.into, Memory.of(record.root)
    is_home = into == record.root / REPORTS
    _refuse_foreign(into / PAGE)
    if not is_home:
        bring_pages(record, into)
    made = list(make_galleries(record, into, order.galleries, memory, tell))
    placed = Placed(
        galleries={each.name: f"{each.folder}/{PAGE}" for each in made},
        pictures={
            each.dataset: pictures(into / each.folder, into) for each in made if each.is_newest
        },
        packages=place_packages(record, into),
        pages=find_pages(record, into),
    )
    site = collect(record, placed, comparing(record.root, memory), counting(record.root))
    _replace(into / PAGE, render(site))
    if is_home:
        _replace(record.root / LIVE, render(site, is_live=True))
    memory.save()
    return site


def _refuse_foreign(page: Path) -> None:
    """A page that somebody else wrote is left alone."""
    if page.exists() and f'content="{MARK}"' not in page.read_text("utf-8", errors="replace"):
        hint = "move it away, or name another folder with `--out`"
        raise StoreError(f"`{page}` is a page that ymir did not write", hint=hint)


def _replace(path: Path, text: str) -> None:
    """Write a text that is not there yet."""
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        write_whole(path, text)
