"""A page needs nothing but itself, says what the report says, and no name can break it."""

import re
import shutil
import subprocess
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import polars as pl
import pytest
from PIL import Image

from tests.components import needs
from tests.report import rounds
from ymir.report.collect import collect_project, collect_round
from ymir.report.model import Report
from ymir.report.render import render
from ymir.report.write import write_reports

CHROMIUM = shutil.which("chromium") or "chromium"
HOSTILE = (
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "שלום \u202e عالم",
    "👷‍♀️ü" * 16,
    "{{ 7 * 7 }}{% raw %}",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def project(world, tmp_path_factory):
    return rounds.project(tmp_path_factory.mktemp("rounds"), world)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    world = rounds.world(folder / "world", HOSTILE, goal={"map": 0.5}, description=HOSTILE[1])
    images = world.testing.images.with_columns(file=pl.lit(HOSTILE[0] + ".jpg"))
    world = replace(world, testing=replace(world.testing, images=images))
    return world, rounds.project(folder / "rounds", world, skills=(0.4, 0.6))


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def pages(project, world) -> list[str]:
    reports: list[Report] = [
        collect_round(project, each.number, world.locate) for each in project.rounds
    ]
    return [render(each) for each in [*reports, collect_project(project)]]


def test_the_page_says_what_the_report_says(project, world):
    report = collect_round(project, 3, world.locate)
    page = Page(render(report))
    scores = project.rounds[2].testing
    assert f"{scores.map.value:.3f} ± {scores.map.half:.3f}" in page.text
    assert report.verdict.headline in page.text
    for row in report.classes:
        assert row.ap50 is not None
        assert f"{row.ap50.value:.3f} ±{row.ap50.half:.3f}" in page.text
    for version in project.rounds[2].versions.values():
        assert version.digest in page.text


def test_a_file_refers_to_no_other_but_pages_beside_it(project, world):
    for text in pages(project, world):
        page = Page(text)
        assert not re.search(r"@import|url\(|https?:", text)
        for tag, attributes in page.tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            assert (attributes.get("src") or "data:").startswith(
                "data:image/"
            ) or not attributes.get("src")
            href = attributes.get("href") or "#"
            assert re.fullmatch(r"#[a-z]*|index\.html|r\d+\.html|data:,", href), (tag, href)


def test_hostile_names_are_only_text(hostile):
    world, project = hostile
    for text in pages(project, world):
        page = Page(text)
        assert [tag for tag, _ in page.tags].count("script") == 1
        assert not [attributes for tag, attributes in page.tags if attributes.get("src") == "x"]
    round_page = Page(pages(project, world)[0])
    assert all(name in round_page.text for name in HOSTILE)


def test_an_empty_mined_list_is_said(project, world):
    report = collect_round(project, 2, world.locate)
    assert report.batch is not None
    text = render(replace(report, batch=replace(report.batch, shown=(), mined=0)))
    assert "No image was left to pick." in text


def test_one_round_alone_has_its_pages(project, world, tmp_path):
    alone = replace(project, rounds=project.rounds[:1])
    written = write_reports(alone, world.locate, tmp_path / "html")
    assert [path.name for path in written] == ["index.html", "r1.html"]
    assert "the first round" in written[1].read_text()


def test_only_the_named_rounds_are_written_anew(project, world, tmp_path):
    write_reports(project, world.locate, tmp_path)
    (tmp_path / "r1.html").write_text("as it was")
    write_reports(project, world.locate, tmp_path, rounds=[3])
    assert (tmp_path / "r1.html").read_text() == "as it was"


def test_equal_records_make_equal_pages(project, world):
    assert pages(project, world) == pages(project, world)


def test_pictures_carry_nothing_that_a_camera_wrote(project, world, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (800, 600), "teal").save(path, exif=exif)
    report = collect_round(project, 1, lambda digests: dict.fromkeys(digests, path))
    text = render(report)
    assert "data:image/webp" in text
    uri = report.errors.shown[0].picture.uri
    assert uri is not None
    raw = b64decode(uri.partition(",")[2])
    assert b"secret" not in raw
    assert max(Image.open(BytesIO(raw)).size) <= 448


def test_an_image_that_cannot_be_read_is_left_out(project, tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8 not really")
    report = collect_round(project, 1, lambda digests: dict.fromkeys(digests, path))
    assert "image not at hand" in render(report)


@needs("browser", bool(shutil.which("chromium")), "apt-get install chromium")
def test_a_browser_opens_the_pages_from_disk(hostile, tmp_path):
    world, project = hostile
    for page in write_reports(project, world.locate, tmp_path / "html"):
        shot = tmp_path / "shot.png"
        said = _browse(page.as_uri(), tmp_path / "profile", f"--screenshot={shot}")
        assert "CONSOLE" not in said.stderr
        with Image.open(shot) as image:
            assert len(set(image.convert("RGB").resize((160, 90)).get_flattened_data())) > 20
        dom = _browse(page.as_uri(), tmp_path / "profile", "--dump-dom").stdout
        assert 'aria-label="Enlarged image"' in dom
        assert "<thead><tr>" in dom
        assert '<button type="button">' in dom


def _browse(url, profile, *arguments):
    quiet = "--disable-quic --no-first-run --disable-background-networking --disable-sync"
    return subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-component-update",
            *quiet.split(),
            "--enable-logging=stderr",
            f"--user-data-dir={profile}",
            "--window-size=1366,768",
            *arguments,
            url,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
