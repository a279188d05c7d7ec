"""A page followed from its top to its end, in an empty folder, as somebody new would."""

from pathlib import Path

import pytest

from tests.docs.components import marks
from tests.docs.pages import Page, site_pages
from tests.docs.shell import Shell, shell
from tests.docs.transcript import Typed, fits, transcript
from tests.workspaces import ENVIRONMENT

COLUMNS = "120"  # nobody has a terminal here; of those that would ask, this wide


def runnable(folder: str = "") -> list:
    """The pages of a folder that show commands, each a case of its own; some say why not here."""
    pages = [page for page in site_pages(folder) if page.commands]
    return [pytest.param(page, id=page.name, marks=_marks(page)) for page in pages]


def _marks(page: Page) -> list[pytest.MarkDecorator]:
    return marks(page) if page.runs else [pytest.mark.skip(reason=f"not run: {page.why}")]


def follow(page: Page, folder: Path) -> None:
    """Write its files and type its commands; the first that ends or says otherwise fails."""
    home = folder / "home"
    home.mkdir()
    (folder / "here").mkdir()
    environment = {**ENVIRONMENT, "HOME": str(home), "COLUMNS": COLUMNS, "TERM": "dumb"}
    with shell(folder / "here", environment) as opened:
        for command in page.setup:
            _type(opened, page, Typed(command, "", 1))
        for block in page.blocks:
            if block.file:
                opened.write(block.file, block.text)
            elif block.language == "console":
                for typed in transcript(block.text, block.line):
                    _type(opened, page, typed)


def _type(opened: Shell, page: Page, typed: Typed) -> None:
    code, said = opened.type(typed.command)
    place = f"{page.name}:{typed.line}: $ {typed.command}"
    assert code in typed.codes, f"{place}\nended with {code}, not {typed.codes}; it said\n{said}"
    assert fits(typed.shown, said), f"{place}\nsaid\n{said}\nand the page shows\n{typed.shown}"
