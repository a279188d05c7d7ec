"""The page and what lies beside it are written once, whole, and again only where it must be."""

import json
import shutil
from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.workspaces import COLOURS, Workspace, draw, make


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its time and place on the disk."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a judged round, a batch of which two images are done, two versions."""
    workspace = make(tmp_path_factory.mktemp("site") / "pets", label={"use": "folder"})
    assert workspace.ymir("apply").returncode == 3
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir())[:2]:
        annotate(image, batch / "annotations")
    draw(workspace.root / "raw" / "val", count=8, colours=COLOURS, seed=2)
    assert workspace.ymir("apply").returncode == 3
    assert workspace.ymir("site").returncode == 0
    return workspace


def test_what_is_shown_is_what_is_recorded(pets: Workspace) -> None:
    site = pets.data("site")
    (project,) = site["projects"]
    judged = pets.data("status")["rounds"]["pets"][0]
    assert project["rounds"][0]["figure"] == {
        "value": judged["map"], "low": judged["map_low"], "high": judged["map_high"],
    }  # fmt: skip
    (batch,) = site["queue"]
    assert (batch["where"], batch["images"], batch["done"]) == ("labels/pets-r1", 6, 2)
    val = next(each for each in site["datasets"] if each["name"] == "val")
    assert [each["number"] for each in val["versions"]] == [2, 1]
    assert val["versions"][0]["changes"] == ["2 images came"]
    assert val["versions"][0]["why"] == ["the source's files changed"]
    model = pets.data("model", "ls")[0]
    assert site["models"][0]["sha256"] == model["sha256"]


def test_every_link_leads_to_a_file_beside_the_page(pets: Workspace) -> None:
    site = pets.data("site")
    reports = pets.root / "reports"
    (project,) = site["projects"]
    links = [project["page"], project["rounds"][0]["page"], project["rounds"][0]["package"]]
    links += [each["versions"][0]["gallery"] for each in site["datasets"]]
    links += [picture for each in site["datasets"] for picture in each["pictures"]]
    assert len(links) > 10
    for link in links:
        assert (reports / link).resolve(strict=True).is_relative_to(reports), link
    package = reports / project["rounds"][0]["package"]
    assert package.read_bytes() == (pets.root / "data/rounds/pets/1/pets-r1.tar.gz").read_bytes()


def test_a_second_run_writes_nothing(pets: Workspace) -> None:
    folders = [pets.root / "reports", pets.root / ".ymir" / "site"]
    before = [files(folder) for folder in folders]
    again = pets.ymir("site")
    assert "making" not in again.stdout
    assert [files(folder) for folder in folders] == before


def test_git_sees_nothing_of_it(pets: Workspace) -> None:
    assert pets.run("git", "status", "--porcelain") == "?? labels/\n", "what people wrote"


def test_galleries_of_every_version_are_made_and_taken_away(pets: Workspace) -> None:
    datasets = pets.root / "reports" / "site" / "datasets"
    assert {path.name for path in datasets.iterdir()} == {"base", "pool", "test", "val"}
    assert "val@v1" in pets.ymir("site", "--galleries", "all").stdout
    assert (datasets / "val@v1" / "index.html").is_file()
    pets.ymir("site")
    assert not (datasets / "val@v1").exists()
    kept = files(datasets / "val")
    pets.ymir("site", "--galleries", "none")
    assert list(datasets.iterdir()) == []
    pets.ymir("site")
    assert files(datasets / "val").keys() == kept.keys()


def test_a_gallery_is_made_again_when_images_have_come_back(pets: Workspace) -> None:
    cache = pets.root / "media" / ".dvc" / "cache"
    away = cache.with_name("away")
    shutil.move(cache, away)
    try:
        assert "making the gallery of `val@v2`" in pets.ymir("site").stdout
    finally:
        shutil.move(away, cache)
    assert "making the gallery of `val@v2`" in pets.ymir("site").stdout
    assert "making" not in pets.ymir("site").stdout


def test_a_folder_that_can_be_passed_on_holds_everything(pets: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "passed on"
    assert pets.ymir("site", "--out", str(out)).returncode == 0
    site = pets.data("site", "--out", str(out))
    (project,) = site["projects"]
    for link in (project["page"], project["rounds"][0]["page"], project["rounds"][0]["package"]):
        assert (out / link).resolve(strict=True).is_relative_to(out)
    before = files(out)
    pets.ymir("site", "--out", str(out))
    assert files(out) == before


def test_without_the_recorded_pages_those_drawn_anew_are_shown(pets: Workspace) -> None:
    html = pets.root / "reports" / "pets" / "html"
    away = html.with_name("away")
    shutil.move(html, away)
    try:
        assert pets.data("site")["projects"][0]["page"] is None
        assert pets.ymir("report").returncode == 0
        page = pets.data("site")["projects"][0]["rounds"][0]["page"]
        assert page == "../.ymir/reports/pets/r1.html"
    finally:
        shutil.move(away, html)
        shutil.rmtree(pets.root / ".ymir" / "reports")


def test_a_page_of_somebody_else_is_left_alone(pets: Workspace, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>mine</p>")
    tried = pets.ymir("site", "--out", str(tmp_path))
    assert tried.returncode == 1
    assert "did not write" in tried.stderr
    assert (tmp_path / "index.html").read_text() == "<p>mine</p>"


def test_a_memory_that_is_torn_or_gone_is_made_anew(pets: Workspace) -> None:
    known = pets.root / ".ymir" / "site" / "known.json"
    known.unlink()
    pets.ymir("site")
    text = known.read_text()
    for broken in ("", "[]", '{"galleries": 3, "changes": {}}', text[:40]):
        known.write_text(broken)
        assert pets.ymir("site").returncode == 0
        assert json.loads(known.read_text()) == json.loads(text)


def test_an_empty_workspace_has_a_page_that_says_what_to_do(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.ymir("init", ".").returncode == 0
    assert workspace.ymir("site").returncode == 0
    assert "ymir explain Dataset" in (tmp_path / "reports" / "index.html").read_text()
    assert workspace.run("git", "status", "--porcelain") == ""


def test_what_is_no_workspace_is_said(tmp_path: Path) -> None:
    tried = Workspace(tmp_path).ymir("site")
    assert tried.returncode == 1
    assert "ymir init" in tried.stderr
    assert list(tmp_path.iterdir()) == []
