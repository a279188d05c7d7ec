"""`ymir dataset export` writes whole folders that account for every image and box."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli import shelves
from ymir.contracts.format import formats
from ymir.errors import PluginError, StoreError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return shelves.workspace(tmp_path_factory.mktemp("exports") / "w")


def export(root, *words):
    return shelves.run("dataset", "export", *map(str, words), "-C", str(root))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("use", list(formats.modules()))
def test_every_layout_is_written_whole_and_balances(root, tmp_path, use):
    account = json.loads(export(root, "site", tmp_path / use, "--format", use, "--json"))
    assert account["images"] == {"in": 5, "written": 5}
    boxes = account["boxes"]
    assert boxes["in"] == boxes["written"] + boxes.get("left out", 0) == 7
    assert names(tmp_path) == {use}
    layout = formats.load(use)
    found = list(layout.read(layout.listing(tmp_path / use)))
    assert sum(len(each.objects) for each in found) == boxes["written"]


def test_what_has_no_place_is_said(root, tmp_path):
    said = export(root, "site@v1", tmp_path / "out", "--format", "images")
    assert said.splitlines()[1:] == [
        "images: 5 = 5 written",
        "boxes: 5 = 0 written + 5 left out",
        "this layout has no place for: 5 boxes",
    ]


def test_what_is_written_can_be_changed_without_changing_the_store(root, tmp_path):
    export(root, "site", tmp_path / "out", "--format", "coco")
    for path in (tmp_path / "out" / "images").iterdir():
        assert path.stat().st_nlink == 1
        path.write_bytes(b"edited")
    export(root, "site", tmp_path / "again", "--format", "coco")
    assert all(p.read_bytes() != b"edited" for p in (tmp_path / "again" / "images").iterdir())


def test_a_folder_with_anything_in_it_is_left_alone(root, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    for more in ([], ["--force"]):
        with pytest.raises(StoreError, match="not empty"):
            export(root, "site", tmp_path, "--format", "coco", *more)
    assert names(tmp_path) == {"mine.txt"}
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="not a folder"):
        export(root, "site", tmp_path / "link", "--format", "coco")


def test_an_earlier_export_is_replaced_only_when_that_is_said(root, tmp_path):
    folder = tmp_path / "out"
    export(root, "site", folder, "--format", "coco")
    with pytest.raises(StoreError, match="earlier export") as caught:
        export(root, "site", folder, "--format", "voc")
    assert "--force" in caught.value.hint
    assert "annotations.json" in names(folder)
    export(root, "site", folder, "--format", "voc", "--force")
    assert names(folder) == {"JPEGImages", "Annotations", ".ymir-export.json"}
    assert names(tmp_path) == {"out"}


def test_images_that_are_not_here_are_asked_for_and_nothing_is_written(root, tmp_path):
    bare = tmp_path / "w"
    shutil.copytree(root, bare, symlinks=True)
    shutil.rmtree(bare / "media" / ".dvc" / "cache")
    with pytest.raises(StoreError, match="5 of 5 images are not here") as caught:
        export(bare, "site", tmp_path / "out", "--format", "coco")
    assert "ymir pull site@v2" in caught.value.hint
    assert names(tmp_path) == {"w"}


def test_help_names_every_layout():
    words = shelves.run("dataset", "export", "--help").replace(",", " ").replace(".", " ").split()
    assert set(formats.modules()) <= set(words)


def test_a_layout_that_is_none_is_said_with_the_nearest(root, tmp_path):
    with pytest.raises(PluginError) as caught:
        export(root, "site", tmp_path / "out", "--format", "cocoo")
    assert "did you mean `coco`?" in caught.value.hint
    assert names(tmp_path) == set()
