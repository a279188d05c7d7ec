from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.pictures import put
from ymir.contracts.format import of_split
from ymir.errors import DataError
from ymir.formats import yolo as plugin

NAMES = "names: [cat, dog]\n"


def read(folder: Path):
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


def labelled(folder: Path, lines: str | bytes, about: str = NAMES):
    put(folder / "images/a.jpg", b"")
    put(folder / "labels/a.txt", lines)
    put(folder / "data.yaml", about)
    return read(folder)["images/a.jpg"]


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("images/train/day/a.PNG", "labels/train/day/a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("images/old/images/a.jpg", "images/old/labels/a.txt"),
        ("JPEGImages/a.jpg", "labels/a.txt"),
        ("a.b.jpeg", "a.b.txt"),
        ("images/A.JPG", "labels/A.TXT"),
        ("obj_train_data/a.jpg", "obj_train_data/a.txt"),
    ],
)
def test_the_usual_layouts_are_read(tmp_path, image, labels):
    put(tmp_path / image, b"")
    put(tmp_path / labels, "1 0.5 0.5 0.5 0.25\n")
    put(tmp_path / "data.yaml", NAMES)
    found = read(tmp_path)[image]
    assert found.annotation == labels
    assert list(found.objects) == [{"label": "dog", "x": 0.25, "y": 0.375, "w": 0.5, "h": 0.25}]
    assert found.is_relative


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data.yaml", "names: [cat, dog]"),
        ("Data.YAML", "names: [cat, dog]"),
        ("data.yml", "names: {0: cat, 1: dog}"),
        ("coco8.yaml", "nc: 2\nnames:\n  1: dog\n  0: cat"),
        ("classes.txt", "cat\ndog\n"),
        ("obj.names", "cat\r\ndog\r\n"),
    ],
)
def test_classes_have_names_in_a_file(tmp_path, file, content):
    put(tmp_path / "images/a.jpg", b"")
    put(tmp_path / "labels/a.txt", "1 0.5 0.5 0.5 0.25")
    put(tmp_path / "labels/classes.txt", "as labelImg leaves it")
    put(tmp_path / file, content)
    assert read(tmp_path)["images/a.jpg"].objects[0]["label"] == "dog"


def test_data_yaml_is_the_likeliest_of_several_files(tmp_path):
    put(tmp_path / "args.yaml", "epochs: 3")
    put(tmp_path / "classes.txt", "other")
    assert labelled(tmp_path, "0 0.5 0.5 0.5 0.25").objects[0]["label"] == "cat"


def test_a_sixth_number_is_a_score(tmp_path):
    first, second = labelled(tmp_path, "0 0.5 0.5 0.5 0.25 0.75\n1 .5 .5 .5 .25\n").objects
    assert first["score"] == 0.75
    assert "score" not in second


def test_points_are_a_polygon_and_the_box_around_it(tmp_path):
    line = "0 0.25 0.25 0.75 0.25 0.75 0.5"
    first, second = labelled(tmp_path, f"{line}\n{line} 0.875").objects
    assert first["mask"] == "[[0.25,0.25,0.75,0.25,0.75,0.5]]"
    assert [first[side] for side in "xywh"] == [0.25, 0.25, 0.5, 0.25]
    assert "score" not in first
    assert second == {**first, "score": 0.875}


def test_the_points_of_poses_are_counted(tmp_path):
    lines = "0 0.5 0.5 0.5 0.25 0.1 0.2 1 0.3 0.4 2\n0 0.5 0.5 0.25 0.25\n"
    found = labelled(tmp_path, lines, NAMES + "kpt_shape: [2, 3]\n")
    assert [each["w"] for each in found.objects] == [0.5, 0.25]
    assert found.ignored == {"keypoints": 1}


@pytest.mark.parametrize("content", ["", "\n\n", "  \r\n"])
def test_an_empty_file_says_that_the_image_is_empty(tmp_path, content):
    found = labelled(tmp_path, content)
    assert (len(found.objects), found.annotation, found.problem) == (0, "labels/a.txt", None)


def test_an_image_without_a_file_has_no_labels(tmp_path):
    put(tmp_path / "images/a.jpg", b"")
    put(tmp_path / "data.yaml", NAMES)
    found = read(tmp_path)["images/a.jpg"]
    assert (found.objects, found.annotation, found.problem) == ((), None, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2 .5 .5 .5 .5", "there is no class 2; they are 0 to 1"),
        ("-1 .5 .5 .5 .5", "there is no class -1"),
        ("0.5 .5 .5 .5 .5", "there is no class 0.5"),
        ("cat .5 .5 .5 .5", "`cat` is not a number"),
        ("0 nan .5 .5 .5", "`nan` is not a number"),
        ("0 .5 inf .5 .5", "`inf` is not a number"),
        ("0 .5 1e999 .5 .5", "`1e999` is not a number"),
        ("0 .5 1_0 .5 .5", "`1_0` is not a number"),
        ("0 .5 .5 -.5 .5", "a negative size"),
        ("0 .5 .5 .5", "it has 4 fields"),
        ("0", "it has 1 fields"),
        ("0 12 30 64 48", "are they pixels?"),
        ("0,.5,.5,.5,.5", "`0,.5,.5,.5,.5` is not a number"),
        (b"0 \xff\xfe .5 .5 .5", "is not a number"),
        (b"\0\0\0", "is not a number"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, why):
    content = line if isinstance(line, bytes) else line.encode()
    problem = labelled(tmp_path, b"0 .5 .5 .5 .5\n\n" + content).problem
    assert str(problem).startswith("`labels/a.txt`: line 3: ")
    assert why in str(problem)


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    assert "larger than 16 MB" in str(labelled(tmp_path, b"\n" * (17 << 20)).problem)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nnames: [cat]\n"


@pytest.mark.parametrize(
    ("about", "why"),
    [
        (BOMB, "the alias `\\*a` is not read"),
        ("names: " + "[" * 9_999, "nested more than 100 levels deep"),
        ("names: [cat", "cannot be read"),
        ("names: !!python/object:os.system [cat]", "cannot be read"),
        ("date: 2024-99-99\nnames: [cat]", "cannot be read"),
        (b"\xff\xfe\xff", "cannot be read"),
        ("# " + "x" * (2 << 20), "is larger than 1 MB"),
        ("- cat\n- dog", "no keys and values"),
        ("", "no keys and values"),
        ("train: images", "has no `names`"),
        ("names: cat", "has no `names`"),
        ("names: [yes, no]", "the class 0 has the name True"),
        ("names: {a: cat}", "the class 'a' has the name 'cat'"),
        ("names: [[cat]]", "the class 0"),
        ("names: [' ']", "the class 0"),
        ("nc: 3\nnames: [cat]", "says `nc: 3`, but has 1 `names`"),
    ],
)
def test_a_file_of_classes_that_cannot_be_used_stops_everything(tmp_path, about, why):
    with pytest.raises(DataError, match=why) as caught:
        labelled(tmp_path, "", about)
    assert "data.yaml" in str(caught.value)


def test_classes_without_names_stop_everything(tmp_path):
    put(tmp_path / "images/a.jpg", b"")
    with pytest.raises(DataError, match="names the classes"):
        read(tmp_path)


def test_labels_without_an_image_and_two_files_for_one_are_named(tmp_path):
    put(tmp_path / "data.yaml", NAMES)
    put(tmp_path / "labels/gone.txt", "")
    put(tmp_path / "images/a.jpg", b"")
    put(tmp_path / "images/a.png", b"")
    put(tmp_path / "labels/a.txt", "")
    put(tmp_path / "README.txt", "not labels")
    assert plugin.listing(tmp_path).stray == {"labels/gone.txt": "there is no image of this name"}
    assert all("more than one file" in str(each.problem) for each in read(tmp_path).values())


def test_names_that_differ_in_case_are_different_files(tmp_path):
    put(tmp_path / "data.yaml", NAMES)
    for name, number in (("A", 0), ("a", 1)):
        put(tmp_path / f"images/{name}.jpg", b"")
        put(tmp_path / f"labels/{name}.txt", f"{number} .5 .5 .5 .5")
    labels = {name: found.objects[0]["label"] for name, found in read(tmp_path).items()}
    assert labels == {"images/A.jpg": "cat", "images/a.jpg": "dog"}


def halves(folder: Path, about: str, first="train/images", second="valid/images"):
    for place, name in ((first, "a"), (second, "b")):
        put(folder / place / f"{name}.jpg", b"")
        put(folder / place.replace("images", "labels") / f"{name}.txt", "0 .5 .5 .5 .5")
    put(folder / "data.yaml", NAMES + about)
    return plugin.listing(folder)


@pytest.mark.parametrize(
    "about",
    [
        "train: train/images\nval: valid/images",
        "train: ../train/images\nval: ../valid/images",  # as Roboflow writes it
        "path: .\ntrain: ./train/images/\nval: [valid/images]",
        "path: ../somewhere\ntrain: train/images\nval: valid",
        "path: /home/else\ntrain: train/images\nval: valid/images",
        "path: train\ntrain: images\nval: ../valid/images",
        "train: train.txt\nval: lists/val.txt",
    ],
)
def test_splits_are_what_data_yaml_says(tmp_path, about):
    put(tmp_path / "train.txt", "./train/images/a.jpg\n")
    put(tmp_path / "lists/val.txt", "/content/data/valid/images/b.jpg\n\n")
    listing = halves(tmp_path, about)
    assert list(listing.splits) == ["train", "val"]
    for split, image in (("train", "train/images/a.jpg"), ("val", "valid/images/b.jpg")):
        only = of_split(listing, split)
        (found,) = plugin.read(only)
        assert (found.image, len(found.objects)) == (image, 1)
        assert only.annotations == ("data.yaml", image.replace("images", "labels")[:-3] + "txt")
        assert not only.stray


def test_a_split_in_the_folder_by_its_whole_path_is_found(tmp_path):
    listing = halves(tmp_path, f"train: {tmp_path}/train/images")
    assert of_split(listing, "train").images == ("train/images/a.jpg",)


@pytest.mark.parametrize("place", ["/etc", "../../nowhere", "nowhere", "7", "{a: b}", "''  "])
def test_a_split_that_leads_out_of_the_folder_is_refused(tmp_path, place):
    listing = halves(tmp_path, f"train: [{place}]")
    with pytest.raises(DataError, match="where nothing lies"):
        of_split(listing, "train")


def test_lists_at_the_top_are_splits_where_there_is_no_yaml(tmp_path):
    halves(tmp_path, "")
    (tmp_path / "data.yaml").rename(tmp_path / "classes.txt")
    put(tmp_path / "train.txt", "data/train/images/a.jpg\nimages/gone.jpg\n")
    train = of_split(plugin.listing(tmp_path), "train")
    assert train.images == ("train/images/a.jpg",)
    assert list(train.stray) == ["images/gone.jpg"]


fields = st.sampled_from(
    [
        *("0", "1", "2", "0.0", "1e0", "true", "-1", "0.5", ".5", "-0.25", "1.9", "3", "1e999"),
        *("nan", "1_0", "[0]", '"0"', "0,0", "+0.5", "0.25e-1", ""),
    ]
)
lines = st.lists(st.lists(fields, min_size=4, max_size=7).map(" ".join), max_size=3)


@given(lines.map("\n".join).map(str.encode))
def test_the_short_way_says_what_the_long_way_says(content):
    classes = plugin._Classes({0: "cat", 1: "dog"})  # noqa: SLF001 - it may not be told from outside
    short = plugin._plain(content, classes)  # noqa: SLF001
    if short is not None:
        rows, poses = plugin._objects(content, classes)  # noqa: SLF001
        assert (list(short), 0) == (list(rows), poses)


def test_the_short_way_is_taken_by_plain_boxes():
    classes = plugin._Classes({0: "cat"})  # noqa: SLF001
    assert plugin._plain(b"0 0.5 0.5 0.25 0.25\r\n\n", classes)  # noqa: SLF001
