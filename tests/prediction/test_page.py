"""The page of a prediction opens from disk; a slider decides what is believed."""

import re
import shutil
from pathlib import Path

import pytest

from tests.components import needs
from tests.gallery.browser import browser
from tests.media.pictures import picture, put
from tests.prediction.packages import packaged
from ymir.data.table import table
from ymir.package.read import read_package
from ymir.prediction.page import moment, page, page_data
from ymir.prediction.pictures import Drawing, copy_all, draw_all
from ymir.prediction.results import Model, believed, rows
from ymir.prediction.seen import Seen

a_browser = needs("browser", bool(shutil.which("chromium")), "apt-get install chromium")
NAMES = ("a/1.jpg", "a/2 <b>#?.jpg", "clip-000010.jpg", "</script>.jpg")
SCORES = ((0.9, 0.3), (0.6,), (0.2, 0.01), ())
LABELS = ("thing", "other")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(read_package(packaged(tmp_path_factory.mktemp("package"), "middle")), 0.5)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    folder = tmp_path_factory.mktemp("photos")
    return [
        Seen(
            put(folder / f"{number}.jpg", picture(number)),
            name,
            {"image": f"{number:032x}", "file": name, "width": 64, "height": 48, "format": "jpg"},
            *(("clip.mp4", 61.5) if name.startswith("clip") else ()),
        )
        for number, name in enumerate(NAMES)
    ]


@pytest.fixture(scope="module")
def found(seen: list[Seen]):
    images = table(
        {
            **each.row,
            "objects": [
                {"label": LABELS[at], "x": 5.0, "y": 6.0 + at, "w": 20.0, "h": 30.0, "score": score}
                for at, score in enumerate(scores)
            ],
        }
        for each, scores in zip(seen, SCORES, strict=True)
    )
    return rows(seen, NAMES, images)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, seen, found, model) -> Path:
    folder = tmp_path_factory.mktemp("out")
    shown = believed(found, model.threshold).to_list()
    drawings = [
        Drawing(each.path, name, tuple(objects))
        for each, name, objects in zip(seen, NAMES, shown, strict=True)
    ]
    assert copy_all({each.digest: each.path for each in seen}, folder) == {}
    draw_all(drawings, LABELS, folder)
    (folder / "index.html").write_text(page(found, model), encoding="utf-8")
    return folder / "index.html"


def test_the_page_names_the_model_and_its_threshold(found, model) -> None:
    data = page_data(found, model)
    said = dict(data["about"])
    assert said == {
        "package": "middles-r1.tar.gz",
        "mAP": said["mAP"],
        "trained by": "middle",
        "threshold": "0.50",
    }
    assert data["score"] == 0.5
    assert data["images"]["note"] == ["", "", "1:01.50 of clip.mp4", ""]
    assert data["images"]["link"][1] == "drawings/a/2%20%3Cb%3E%23%3F.jpg"
    assert data["boxes"]["count"] == [2, 1, 1, 0], "what is hardly believed is left out"


def test_the_page_loads_nothing_from_elsewhere_and_no_name_ends_it(opened: Path) -> None:
    text = opened.read_text(encoding="utf-8")
    assert text.count("<script") == 2
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_an_image_with_two_names_has_its_boxes_twice(seen, found, model) -> None:
    images = found.drop("name", "video", "time", "drawing")
    twice = rows([seen[0], seen[0], seen[1]], ["1.jpg", "2.jpg", "3.jpg"], images)
    assert page_data(twice, model)["boxes"]["count"] == [2, 2, 1]


def test_moments_are_said_as_players_say_them() -> None:
    assert [moment(each) for each in (0, 61.5, 3723)] == ["0:00.00", "1:01.50", "1:02:03.00"]


@a_browser
def test_the_slider_says_what_is_drawn_counted_and_hidden(opened: Path, tmp_path: Path) -> None:
    labels = "[...document.querySelectorAll('[data-kind=classes]')]"
    counts = f"{labels}.map((each) => each.parentElement.lastChild.textContent)"
    with browser(tmp_path) as view:
        view.open(opened.as_uri())
        assert view.ask("wanted.length") == 4, "those in which nothing was found, too"
        assert view.ask("document.querySelector('.about').textContent").startswith("package")
        assert sorted(view.ask(counts)) == ["0", "2"]
        assert view.ask("location.hash") == ""
        assert view.ask("[0, 1, 2, 3].map((each) => tallied(each)[0])") == [1, 1, 0, 0]
        view.ask("$('score').value = 0.25")
        view.ask("$('score').dispatchEvent(new Event('input', { bubbles: true }))")
        assert sorted(view.ask(counts)) == ["1", "2"]
        assert view.ask("[0, 1, 2, 3].map((each) => tallied(each)[0])") == [2, 1, 0, 0]
        assert view.ask("location.hash") == "#score=0.25"
        view.open(opened.as_uri() + "#boxes=without")
        assert view.ask("wanted.length") == 2
        view.open(opened.as_uri() + "#score=0")
        assert view.ask("state.score") == 0
        view.click("#filters [data-kind=classes]")
        assert 0 < view.ask("wanted.length") < 4
        assert view.complaints == []


@a_browser
def test_an_image_is_enlarged_and_its_drawing_is_a_click_away(opened: Path, tmp_path: Path) -> None:
    with browser(tmp_path) as view:
        view.open(opened.as_uri())
        view.click(".cell:nth-of-type(2)")
        view.wait("photo.complete && photo.naturalWidth === 64")
        assert view.ask("document.querySelectorAll('b').length") == 1  # ours
        link = view.ask("document.querySelector('#about a').href")
        assert view.ask("[...plates.children].map((each) => each.textContent)") == ["thing 0.60"]
        view.press("ArrowRight")
        assert "1:01.50 of clip.mp4" in view.ask("document.querySelector('#about').textContent")
        view.open(link)
        assert view.ask("document.images[0].naturalWidth") == 768
        assert view.complaints == []
