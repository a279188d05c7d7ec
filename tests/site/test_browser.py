"""The page of a workspace in a browser, from disk and from its server; nothing else is asked."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import a_browser, faults, watched
from tests.serving.test_serve import serving
from tests.site.scenes import HOSTILE, catalogue
from tests.site.test_collect import shown
from tests.workspaces import make
from ymir.site.render import render
from ymir.site.shown import ProjectCard, Returned, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = a_browser
NARROW = {"width": 600, "height": 900}
PHONE = {"width": 390, "height": 800}


def written(folder: Path, site: Site) -> str:
    path = folder / "index.html"
    path.write_text(render(site), encoding="utf-8")
    return path.as_uri()


def long(site: Site) -> Site:
    """The same with eight rounds."""
    (project,) = site.projects
    rows = tuple(replace(project.rounds[0], number=number) for number in range(8, 0, -1))
    return replace(site, projects=(replace(project, rounds=rows),), datasets=site.datasets[1:])


def hostile() -> Site:
    """Names that mean harm, wherever there is a name."""
    site = shown(specs=catalogue(description=HOSTILE))
    card: ProjectCard = replace(site.projects[0], name=HOSTILE, headline=HOSTILE, reason=HOSTILE)
    batch = replace(site.queue[0], project=HOSTILE, where=HOSTILE, tool=HOSTILE, why=HOSTILE)
    models = tuple(
        replace(each, name=HOSTILE, classes=(HOSTILE,), proof=HOSTILE) for each in site.models
    )
    datasets = tuple(
        replace(each, name=HOSTILE, state=HOSTILE, description=HOSTILE, pictures=())
        for each in site.datasets
    )
    return replace(
        site, name=HOSTILE, headline=HOSTILE, projects=(card,), queue=(batch,), models=models,
        datasets=datasets, returned=(Returned(HOSTILE, 1, HOSTILE),),
    )  # fmt: skip


def test_colours_change_by_a_button_and_are_kept(page: "Page", tmp_path: Path) -> None:
    page.goto(written(tmp_path, long(shown())))
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.get_by_label("Dark colours").click()
    assert page.evaluate(colour) != before
    assert page.get_by_label("Dark colours").get_attribute("aria-pressed") == "true"
    page.reload()
    assert page.evaluate(colour) != before


def test_older_rounds_are_shown_when_they_are_asked_for(page: "Page", tmp_path: Path) -> None:
    page.goto(written(tmp_path, long(shown())))
    assert page.get_by_role("row", name="Round 1").count() == 0
    page.get_by_role("button", name="Show 3 older rounds").press("Enter")
    assert page.get_by_role("row", name="Round 1").is_visible()
    page.get_by_role("button", name="Hide older rounds").press("Enter")
    assert page.get_by_role("row", name="Round 1").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browser: "Browser", tmp_path: Path, scheme: str) -> None:
    address = written(tmp_path, long(shown()))
    with watched(browser, color_scheme=scheme) as page:
        page.goto(address)
        assert faults(page) == []


def test_the_page_fits_narrow_screens_whatever_the_names(
    browser: "Browser", tmp_path: Path
) -> None:
    for site in (long(shown()), hostile(), shown(found={})):
        address = written(tmp_path, site)
        for viewport in (NARROW, PHONE):
            with watched(browser, viewport=viewport) as page:
                page.goto(address)
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= viewport["width"]


def test_hostile_names_are_only_text_in_a_browser(page: "Page", tmp_path: Path) -> None:
    page.add_init_script("globalThis.alert = () => { globalThis.isHit = true; }")
    page.goto(written(tmp_path, hostile()))
    assert page.locator("[onerror], img").count() == 0
    assert page.evaluate("globalThis.isHit") is None
    assert HOSTILE in page.title()


def test_on_paper_all_rounds_stand_and_no_button(page: "Page", tmp_path: Path) -> None:
    page.goto(written(tmp_path, long(shown())))
    page.emulate_media(media="print")
    assert page.get_by_role("row", name="Round 1").is_visible()
    assert page.locator(".copy:visible, .more:visible, #theme:visible").count() == 0


def test_the_served_page_says_live_then_not_live_then_live_again(browser, tmp_path) -> None:
    root = make(tmp_path / "pets").root
    context = browser.new_context()  # a request that fails is meant here
    try:
        with serving(root) as server:
            server.until(lambda live: live["page"])
            page = context.new_page()
            page.goto(server.address)
            page.get_by_text("live", exact=True).wait_for()
            page.locator("#next").get_by_text("base").first.wait_for()
            assert faults(page) == []
            gone = f"{server.address}live.json"
            page.route(gone, lambda route: route.abort())
            page.get_by_text("not live").wait_for()
            page.unroute(gone)
            page.get_by_text("live", exact=True).wait_for()
    finally:
        context.close()


def test_what_is_recorded_appears_without_a_reload_and_what_is_open_stays_open(
    browser: "Browser", tmp_path: Path
) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    with serving(workspace.root) as server, watched(browser, allow=server.address) as page:
        server.until(lambda live: live["page"])
        page.set_default_timeout(60_000)
        page.goto(server.address)
        page.get_by_text("Nothing is recorded yet").wait_for()
        page.evaluate("globalThis.isSame = true")
        assert workspace.ymir("apply").returncode == 0
        page.get_by_text("goal met").first.wait_for()
        page.locator("details").first.locator("summary").click()
        spec = workspace.root / "specs" / "all.yaml"
        spec.write_text(spec.read_text().replace("name: pets", "name: pets\ndescription: Mine"))
        page.get_by_text("Mine").wait_for()
        assert page.locator("details[open]").count() == 1
        assert page.evaluate("globalThis.isSame")
