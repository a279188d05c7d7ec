"""The pictures of the helmet example: the same bytes every time, and tight labels."""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from defusedxml.ElementTree import parse

EXAMPLE = Path(__file__).parents[2] / "examples" / "projects" / "helmet"
SEED = 3

Boxes = dict[str, list[tuple[str, int, int, int, int]]]


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """What the example's package offers, which lives outside of ours."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    modules = [import_module(f"scenes.{name}") for name in ("modes", "scene", "shots", "write")]
    yield SimpleNamespace(**{name: it for module in modules for name, it in vars(module).items()})
    for name in [name for name in sys.modules if name.split(".")[0] == "scenes"]:
        del sys.modules[name]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _voc_boxes(folder: Path) -> Boxes:
    boxes: Boxes = {}
    for path in folder.glob("Annotations/*.xml"):
        root = parse(path).getroot()
        boxes[str(root.findtext("filename"))] = [_voc_box(item) for item in root.iter("object")]
    return boxes


def _voc_box(item: Element) -> tuple[str, int, int, int, int]:
    left, top, right, bottom = (int(corner.text or "") for corner in item.iterfind("bndbox/*"))
    return str(item.findtext("name")), left - 1, top - 1, right - left + 1, bottom - top + 1


def _coco_boxes(folder: Path) -> Boxes:
    document = json.loads((folder / "annotations.json").read_text())
    classes = {category["id"]: category["name"] for category in document["categories"]}
    names = {image["id"]: image["file_name"] for image in document["images"]}
    boxes: Boxes = {name: [] for name in names.values()}
    for found in document["annotations"]:
        label = (classes[found["category_id"]], *found["bbox"])
        boxes[names[found["image_id"]]].append(label)
    return boxes


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(
    scenes: SimpleNamespace, tmp_path: Path
) -> None:
    shots = scenes.shots_of("pool", SEED)[:10]
    for name, workers in (("once", 1), ("again", 1), ("together", 2)):
        scenes.write_coco(tmp_path / name, shots, workers)
    once = _files(tmp_path / "once")
    assert len(once) == 11
    assert _files(tmp_path / "again") == once
    assert _files(tmp_path / "together") == once


def test_another_seed_gives_other_pictures(scenes: SimpleNamespace, tmp_path: Path) -> None:
    for seed in (1, 2):
        scenes.write_voc(tmp_path / str(seed), scenes.shots_of("train", seed)[:1], 1)
    assert _files(tmp_path / "1") != _files(tmp_path / "2")


def test_both_formats_say_the_same(scenes: SimpleNamespace, tmp_path: Path) -> None:
    shots = scenes.shots_of("val", SEED)[:12]
    scenes.write_voc(tmp_path / "voc", shots, 1)
    scenes.write_coco(tmp_path / "coco", shots, 1)
    boxes = _voc_boxes(tmp_path / "voc")
    assert boxes == _coco_boxes(tmp_path / "coco")
    assert len(boxes) == 12
    assert any(boxes.values())
    pictures = {path.name: path.read_bytes() for path in tmp_path.glob("voc/JPEGImages/*")}
    assert pictures == {path.name: path.read_bytes() for path in tmp_path.glob("coco/images/*")}


def test_every_mode_can_be_drawn_and_shows_heads(scenes: SimpleNamespace) -> None:
    for mode in scenes.MODES:
        drawn = [scenes.draw_scene((SEED, number), mode) for number in range(6)]
        assert {scene.picture.size for scene in drawn} == {(192, 192)}
        assert {scene.picture.mode for scene in drawn} == {"RGB"}
        assert any(scene.labels for scene in drawn), mode


def test_boxes_lie_inside_the_picture_and_touch_the_head_on_all_sides(
    scenes: SimpleNamespace,
) -> None:
    for mode in scenes.MODES:
        scene = scenes.draw_scene((SEED, 7), mode)
        for label, mask in zip(scene.labels, scene.masks, strict=True):
            head = np.asarray(mask) > 0
            inside = head[label.y : label.y + label.height, label.x : label.x + label.width]
            assert inside.shape == (label.height, label.width)
            assert inside.sum() == head.sum()
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()


def test_later_frames_of_a_clip_show_the_same_people(scenes: SimpleNamespace) -> None:
    first, second, stranger = (
        np.asarray(scenes.draw_scene(seed, "plain", frame).picture, float)
        for seed, frame in (((SEED, 1), 0), ((SEED, 1), 1), ((SEED, 2), 0))
    )
    assert 0 < np.abs(first - second).mean() < 0.7 * np.abs(first - stranger).mean()


def test_the_data_sets_are_as_large_as_promised_and_start_plain(scenes: SimpleNamespace) -> None:
    shots = {name: scenes.shots_of(name, SEED) for name in scenes.PROFILES}
    sizes = {name: len(found) for name, found in shots.items()}
    assert sizes == {name: profile.images for name, profile in scenes.PROFILES.items()}
    assert set(scenes.WRITERS) == set(sizes)
    plain = {name: sum(shot.mode == "plain" for shot in shots[name]) for name in shots}
    assert plain["train"] > 0.75 * sizes["train"]
    assert {shot.mode for shot in shots["test"]} == set(scenes.MODES)
    assert {shot.mode for shot in shots["pool"]} == set(scenes.MODES)


def test_names_are_unique_and_tell_the_clip(scenes: SimpleNamespace) -> None:
    every = [shot for name in scenes.PROFILES for shot in scenes.shots_of(name, SEED)]
    names = [shot.name for shot in every]
    assert len(set(names)) == len(names)
    assert not any(" " in name for name in names)
    clips = {(shot.name.rsplit("-f")[0], shot.seed, shot.mode) for shot in every}
    assert len({clip for clip, _, _ in clips}) == len(clips)


def test_each_picture_says_what_kind_of_scene_it_is(scenes, tmp_path):
    shots = scenes.shots_of("val", SEED)
    scenes.write_tags(tmp_path, shots)
    head, *rows = (tmp_path / "tags.csv").read_text().splitlines()
    assert head == "image,scene"
    assert [row.split(",")[0] for row in rows] == [shot.name for shot in shots]
    assert {row.split(",")[1] for row in rows} == set(scenes.MODES)
