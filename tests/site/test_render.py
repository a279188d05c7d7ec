"""The page of a workspace: one file, its own style and script, names that are only text."""

import re
from dataclasses import replace
from html import unescape

from tests.site.scenes import HOSTILE, catalogue
from tests.site.test_collect import shown
from ymir.site.render import render
from ymir.site.spark import sparkline


def test_a_page_loads_nothing_and_styles_nothing_in_a_tag() -> None:
    for is_live in (False, True):
        text = render(shown(), is_live=is_live)
        assert "default-src 'none'" in unescape(text)
        assert not re.search(r"<(link|script|iframe|object)[^>]*(src|href)=\"(?!data:,)", text)
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text)


def test_only_a_live_page_asks_its_server() -> None:
    assert "connect-src" not in render(shown())
    assert "fetch(" not in render(shown())
    live = unescape(render(shown(), is_live=True))
    assert "connect-src 'self'" in live
    assert "/live.json" in live


def test_every_project_round_dataset_and_model_is_on_the_page() -> None:
    text = render(shown())
    for said in ("0.700", "± 0.020", "Round 1", "pets-r1.tar.gz", "base/index.html", "2.4 MB"):
        assert said in text, said
    assert "<b>3</b> of 8 images done" in text


def test_hostile_names_are_only_text() -> None:
    site = shown(specs=catalogue(description=HOSTILE))
    classes = tuple(replace(each, label=HOSTILE) for each in site.datasets[0].classes)
    named = replace(site.datasets[0], name=HOSTILE, classes=classes)
    text = render(replace(site, name=HOSTILE, datasets=(named,)))
    assert "<img src=x" not in text
    assert text.count("&lt;img src=x") > 5


def test_equal_workspaces_have_equal_pages() -> None:
    assert render(shown()) == render(shown())


def test_a_sparkline_has_every_round_the_goal_and_words_for_those_who_listen() -> None:
    (project,) = shown().projects
    drawn = str(sparkline(project))
    assert drawn.count("<circle") == 2
    assert 'aria-label="mAP: round 1 0.500, round 2 0.700"' in drawn
    assert "goal 0.9" in drawn
    assert "polygon" in drawn
    assert sparkline(replace(project, rounds=())) == ""


def test_one_round_has_its_noise_as_a_bar() -> None:
    (project,) = shown().projects
    assert 'class="noise"' in sparkline(replace(project, rounds=project.rounds[1:]))


def test_a_workspace_without_anything_has_a_page() -> None:
    text = render(shown(found={}))
    assert "Nothing is recorded yet" in text
    assert "<code>ymir apply</code>" in text
