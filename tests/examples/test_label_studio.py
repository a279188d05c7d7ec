"""The Label Studio example as its README tells it: a real server, a real browser, a person."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.browsing import LAPTOP, LOCAL, a_browser
from tests.components import needs
from tests.examples.test_helmet import IS_SET_UP
from tests.labelstudio.server import Server, a_label_studio
from tests.workspaces import ENVIRONMENT, Workspace
from ymir.resources import resource
from ymir.stores.dvc import DvcStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

README = resource("examples") / "projects" / "label-studio" / "README.md"
SHORTER = {"iterations: 300": "iterations: 60", "topk: 12": "topk: 3"}
IMAGES, SIDE = 3, 192
DRAWN = (0.6, 0.1, 0.8, 0.3)  # left, top, right, bottom; shares of the picture
PATIENCE = 60_000  # milliseconds
set_up = needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")


def commands(readme: str) -> list[list[str]]:
    """The `ymir` commands of a README, in their order."""
    lines = re.findall(r"^    (ymir .+)$", readme, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_it_is_a_complete_workspace(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    made = home.ymir("init", "--example", "label-studio", "my-labels")
    assert made.returncode == 0, made.stdout + made.stderr
    workspace = Workspace(tmp_path / "my-labels")
    assert workspace.ymir("validate").returncode == 0
    assert workspace.ymir("plan").returncode == 2
    assert not list((workspace.root / "raw" / "pool").glob("*.json")), "nobody has labelled it"


@a_label_studio
@a_browser
@set_up
def test_a_person_follows_the_readme_and_labels_in_the_browser(
    tmp_path: Path, browser: "Browser", monkeypatch: pytest.MonkeyPatch
) -> None:
    home, server = Workspace(tmp_path), Server(tmp_path / "server", tmp_path, makes_token=False)
    setup, init, apply, status, again = commands(README.read_text())
    assert setup[:2] == ["executor", "setup"]
    try:
        server.start()
        with somebody_at(browser, server.url) as page:
            monkeypatch.setitem(ENVIRONMENT, "LS_TOKEN", make_token(page, server))
            assert home.ymir(*init).returncode == 0
            make_shorter(tmp_path / init[-1], server.url)
            asked = home.ymir(*apply)
            assert asked.returncode == 3, asked.stdout + asked.stderr
            (link,) = set(re.findall(rf"{server.url}/projects/\d+/data", asked.stdout))
            label(page, link, shown_in(tmp_path / init[-1]))
        assert home.ymir(*status).returncode == 0
        done = home.ymir(*again)
        assert done.returncode in (0, 4), done.stdout + done.stderr
    finally:
        server.stop()
    check_labels(tmp_path / init[-1])
    assert (tmp_path / init[-1] / "reports" / "helmet" / "html" / "index.html").exists()


@contextmanager
def somebody_at(browser: "Browser", url: str) -> Iterator["Page"]:
    """A browser window; the page may ask for nothing but its own server."""
    context = browser.new_context(viewport=LAPTOP)
    elsewhere: list[str] = []
    context.set_default_timeout(PATIENCE)
    context.route(
        lambda address: not address.startswith((url, *LOCAL)),
        lambda route: (elsewhere.append(route.request.url), route.abort()),
    )
    try:
        yield context.new_page()
    finally:
        context.close()
    assert not elsewhere


def make_token(page: "Page", server: Server) -> str:
    """Log in, and make a token where the README says."""
    page.goto(server.url)
    page.fill("input[name=email]", server.user)
    page.fill("input[name=password]", server.password)
    page.click("button[type=submit]")
    page.get_by_text("AN", exact=True).first.click()
    page.get_by_text("Account & Settings").first.click()
    page.get_by_text("Personal Access Token").first.click()
    page.get_by_role("button", name="Create New Token").click()
    page.get_by_text("New Auth Token").wait_for()
    return page.locator("input[readonly][value^=ey]").input_value()


def make_shorter(root: Path, url: str) -> None:
    """Fewer iterations and pictures, and the server where it is."""
    spec = root / "specs" / "project.yaml"
    text = spec.read_text()
    for before, after in {**SHORTER, "http://127.0.0.1:8080": url}.items():
        assert before in text
        text = text.replace(before, after)
    spec.write_text(text)


def shown_in(root: Path) -> list[int]:
    """How many boxes people see on each picture at first, in the order of the batch."""
    store = DvcStore(root)
    mined = pl.read_parquet(store.open("helmet/r1/mine") / "mined.parquet").sort("rank")
    found = pl.read_parquet(store.open("helmet/r1/send") / "suggested.parquet")
    metrics = json.loads((store.open("helmet/r1/judge") / "metrics.json").read_text())
    sure = metrics["validation"]["threshold"]
    boxes = {
        image: sum(each["score"] >= sure for each in objects)
        for image, objects in found.select("image", "objects").iter_rows()
    }
    counts = [boxes[image] for image in mined["image"]]
    assert any(counts)
    assert max(counts) < 15, "nobody wants to delete more than that"
    return counts


def label(page: "Page", link: str, suggested: list[int]) -> None:
    """Draw a box on the first picture, agree with the second, skip the third."""
    page.goto(link)
    page.get_by_text("Label All Tasks").first.click()
    page.get_by_text("Labeling Instructions").wait_for()
    assert page.get_by_text("Draw a box around every head").is_visible()
    page.keyboard.press("Escape")
    sees(page, suggested[0])
    draw(page)
    sees(page, suggested[0] + 1)
    page.get_by_role("button", name="Submit").first.click()
    sees(page, suggested[1], task=2)
    page.get_by_role("button", name="Submit").first.click()
    sees(page, suggested[2], task=3)
    page.get_by_role("button", name="Skip").first.click()
    page.get_by_text("No More Tasks Left in Queue").wait_for()


def sees(page: "Page", boxes: int, task: int = 1) -> None:
    """Until the picture of a task is there, and so many boxes in the list beside it."""
    page.wait_for_function(
        "([task, boxes]) => document.body.innerText.includes(`${task} of ${task}`)"
        " && document.querySelectorAll('.lsf-tree__node').length === boxes",
        arg=[task, boxes],
    )


def draw(page: "Page") -> None:
    """A box of the second class, from corner to corner."""
    picture = page.locator("img[src^='blob:']").first.bounding_box()
    assert picture
    left, top, right, bottom = (
        picture[start] + share * picture[size]
        for share, (start, size) in zip(DRAWN, (("x", "width"), ("y", "height")) * 2, strict=True)
    )
    page.keyboard.press("2")
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    page.mouse.up()


def check_labels(root: Path) -> None:
    """The batch adds up, and the box that was drawn is where it was drawn."""
    store = DvcStore(root)
    facts = store.observe()["helmet/r1/label"].facts["balance"]
    assert (facts["sent"], facts["skipped"], facts["outstanding"]) == (IMAGES, 1, 0)
    assert facts["labelled"] + facts["empty"] == 2
    labelled = pl.read_parquet(store.open("helmet/r1/label") / "labelled.parquet")
    mined = pl.read_parquet(store.open("helmet/r1/mine") / "mined.parquet").sort("rank")
    boxes = dict(labelled.select("image", "objects").iter_rows())[mined["image"][0]]
    last = boxes[-1]
    assert last["label"] == "no_helmet_head"
    corners = (last["x"], last["y"], last["x"] + last["w"], last["y"] + last["h"])
    assert corners == pytest.approx([SIDE * share for share in DRAWN], abs=3)
