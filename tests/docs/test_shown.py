"""What pages show is taken by the real parser and fits the schemas, whether it is run or not."""

import re
from collections.abc import Iterator

import pytest

from tests.docs.components import COMPONENTS
from tests.docs.pages import Page, all_pages, site_pages
from tests.docs.specs import why_wrong
from tests.docs.transcript import transcript
from tests.docs.typed import commands, refuse

PAGES = pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
SITE = pytest.mark.parametrize("page", site_pages(), ids=lambda page: page.name)
KNOWN = {"run", "why", "needs", "setup", "order", "title", "description", "hide"}
_NAMED = re.compile(r"`(ymir [^`]+)`")
_PLACEHOLDER = re.compile(r"(?<![\w-])[A-Z][A-Z_]*\b")


def typed(page: Page) -> Iterator[tuple[int, str]]:
    """Each line of a shell that a page shows, in a block `console` or indented."""
    for block in page.commands:
        yield from ((each.line, each.command) for each in transcript(block.text, block.line))
    for number, line in enumerate(page.prose.splitlines(), start=1):
        if line.startswith("    ") and "ymir " in line:
            yield number, line.partition(" #")[0]


@PAGES
def test_every_command_that_is_shown_exists(page: Page) -> None:
    found = {
        f"{page.name}:{line}: ymir {' '.join(words)}": why
        for line, text in typed(page)
        for words in commands(text)
        if (why := refuse(words))
    }
    assert not found


@PAGES
def test_every_command_that_is_named_exists(page: Page) -> None:
    named = [re.sub(r"[\[\]…]", "", text) for text in _NAMED.findall(page.prose)]
    found = {
        text: why
        for text in named
        for words in commands(_PLACEHOLDER.sub("1", text))
        if (why := refuse(words, may_lack=True))
    }
    assert not found


@PAGES
def test_every_spec_that_is_shown_is_right(page: Page) -> None:
    found = {
        f"{page.name}:{block.line}": why
        for block in page.blocks
        if block.language == "yaml" and (not block.file or block.file.startswith("specs/"))
        for why in why_wrong(block.text)
    }
    assert not found, "YAML that is no spec goes into a block `yml`, or has a title"


@SITE
def test_the_top_of_a_page_says_whether_it_is_run(page: Page) -> None:
    assert set(page.front) <= KNOWN
    assert set(page.needs) <= set(COMPONENTS)
    if page.commands:
        assert page.front.get("run") in (True, False), "say `run: true`, or `run: false` and `why`"
    if not page.runs:
        assert not page.setup
        assert bool(page.why) == bool(page.commands), "say `why`, if there is something to run"
