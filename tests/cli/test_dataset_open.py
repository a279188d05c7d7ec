"""`ymir dataset open` writes a page that opens from disk, here or on another machine."""

import json
import re
import shutil

import pytest

from tests.cli import shelves
from ymir.errors import StoreError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return shelves.workspace(tmp_path_factory.mktemp("galleries") / "w")


def run(root, *words):
    return shelves.run("dataset", "open", *words, "--no-browser", "-C", str(root))


def data_of(page):
    text = page.read_text()
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def test_the_page_refers_to_the_images_where_they_lie(root):
    said = run(root, "site")
    assert "5 images, 7 boxes" in said
    page = root / ".ymir" / "galleries" / "site@v2" / "index.html"
    assert str(page) in said
    data = data_of(page)
    for image in data["images"]["image"]:
        small = page.parent / data["small"] / image[:2] / f"{image}.jpg"
        original = page.parent / data["originals"] / image[:2] / image[2:]
        assert small.is_file()
        assert original.is_file()
    assert str(root) not in page.read_text()


def test_another_version_can_be_put_beside_it(root):
    run(root, "site", "--with", "site@v1")
    data = data_of(root / ".ymir" / "galleries" / "site@v2+site@v1" / "index.html")
    assert data["versions"] == ["site@v2", "site@v1"]
    by_file = dict(zip(data["images"]["file"], data["images"]["change"], strict=True))
    assert [by_file[f"JPEGImages/{number}.jpg"] for number in range(5)] == [0, 1, 1, 9, 4]


def test_a_folder_of_its_own_can_be_passed_on(root, tmp_path):
    folder = tmp_path / "to send"
    run(root, "cats", "--output", str(folder), "--originals")
    moved = tmp_path / "elsewhere"
    shutil.move(folder, moved)
    data = data_of(moved / "index.html")
    for image, kind in zip(data["images"]["image"], data["images"]["format"], strict=True):
        assert (moved / data["small"] / image[:2] / f"{image}.jpg").is_file()
        assert (moved / data["originals"] / image[:2] / f"{image}.{kind}").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


def test_an_earlier_gallery_is_replaced_and_nothing_else_is(root, tmp_path):
    folder = tmp_path / "g"
    run(root, "cats", "--output", str(folder))
    run(root, "site", "--output", str(folder))
    assert data_of(folder / "index.html")["versions"] == ["site@v2"]
    (folder / "precious.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        run(root, "site", "--output", str(folder))
    assert (folder / "precious.txt").read_text() == "mine"


def test_of_many_images_some_are_shown_and_that_is_said(root):
    said = run(root, "site", "--count", "2")
    assert "2 images of 5, taken evenly: `--all` shows all" in said
    assert "5 images" in run(root, "site", "--all")


def test_images_that_are_not_here_leave_gaps_not_errors(root, tmp_path):
    bare = tmp_path / "w"
    shutil.copytree(root, bare, symlinks=True)
    shutil.rmtree(bare / "media" / ".dvc" / "cache")
    shutil.rmtree(bare / ".ymir", ignore_errors=True)
    assert "5 are not here: `ymir pull`" in run(bare, "site")
    assert json.loads(run(bare, "site", "--json"))["absent"] == 5
