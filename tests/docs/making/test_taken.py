"""Links that lead out of `docs/`."""

import pytest

from docs.making.navigation import navigation
from docs.making.place import ROOT, address_of, path_of
from docs.making.taken import redirected, taken


@pytest.mark.parametrize(
    ("address", "link", "there"),
    [
        ("reliability.md", "../SECURITY.md", "repository/SECURITY.md"),
        ("how-to/x.md", "../../examples/ci/", "../repository/examples/ci/README.md"),
        ("how-to/x.md", "../example/", "../example/index.html"),
        ("repository/SECURITY.md", "docs/reliability.md", "../reliability.md"),
        ("index.md", "how-to/no-such-page.md", "how-to/no-such-page.md"),
        ("index.md", "https://example.org/", "https://example.org/"),
        ("index.md", "../../elsewhere.md", "../../elsewhere.md"),
    ],
)
def test_a_link_leads_to_where_the_file_is_on_the_site(address: str, link: str, there: str) -> None:
    assert redirected(f"A [word]({link}#part).", address) == f"A [word]({there}#part)."


@pytest.mark.parametrize("text", ["`[word](../SECURITY.md)`", "```\n[word](../SECURITY.md)\n```\n"])
def test_code_stays_as_it_is(text: str) -> None:
    assert redirected(text, "reliability.md") == text


def test_a_link_may_have_code_for_its_name() -> None:
    text = redirected("[`a` b](../SECURITY.md) `c`", "reliability.md")
    assert text == "[`a` b](repository/SECURITY.md) `c`"


def test_what_pages_lead_to_is_taken_along_and_what_that_leads_to() -> None:
    found = taken()
    assert found["repository/SECURITY.md"] == ROOT / "SECURITY.md"
    assert "repository/benchmarks/mining.svg" in found
    assert not any(path.is_relative_to(ROOT / "docs") for path in found.values())


@pytest.mark.parametrize("address", ["index.md", "how-to/x.md", "repository/specs/plan.md"])
def test_an_address_is_that_of_its_file(address: str) -> None:
    assert address_of(path_of(address)) == address


def test_every_page_is_in_the_navigation_once() -> None:
    entries = navigation(["reference/made.md"])
    sections = [each for entry in entries if isinstance(entry, dict) for each in entry.values()]
    above = [entry for entry in entries if isinstance(entry, str)]
    pages = [*above, *(page for section in sections for page in section)]
    folders = ("", "concepts/", "how-to/", "reference/")
    found = [address_of(path) for each in folders for path in (ROOT / "docs" / each).glob("*.md")]
    assert len(pages) == len(set(pages))
    assert {*found, "reference/made.md"} - {"README.md"} <= set(pages)
