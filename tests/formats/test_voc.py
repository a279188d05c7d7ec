from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.test_contract import written
from tests.media.pictures import picture, put, thing, voc
from ymir.contracts.format import of_split
from ymir.errors import DataError
from ymir.formats import voc as plugin


def read(folder: Path):
    return {found.image: found for found in plugin.read(plugin.listing(folder))}


@pytest.mark.parametrize(
    ("image", "annotation"),
    [
        ("JPEGImages/a.jpg", "Annotations/a.xml"),
        ("images/a.png", "annotations/a.xml"),
        ("images/a.jpg", "gt/a.xml"),
        ("a.jpeg", "a.xml"),
        ("train/JPEGImages/day/a.JPG", "train/Annotations/day/a.xml"),
        ("images/a.b.jpg", "images/a.b.xml"),
    ],
)
def test_the_usual_layouts_are_read(tmp_path, image, annotation):
    put(tmp_path / image, b"")
    put(tmp_path / annotation, voc(thing()))
    found = read(tmp_path)[image]
    assert (found.annotation, found.declared, found.problem) == (annotation, (64, 48), None)


def test_corners_count_from_one_and_name_the_last_pixel(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", voc(thing(box=(1, 1, 64, 48)), thing("Dog ", (11, 12, 11, 12))))
    objects = read(tmp_path)["a.jpg"].objects
    assert objects[0] == {"label": "cat", "x": 0, "y": 0, "w": 64, "h": 48}
    assert objects[1] == {"label": "Dog", "x": 10, "y": 11, "w": 1, "h": 1}


def test_masks_of_the_devkit_are_no_images(tmp_path):
    put(tmp_path / "VOC2012/JPEGImages/a.jpg", b"")
    put(tmp_path / "VOC2012/SegmentationClass/a.png", b"")
    assert plugin.listing(tmp_path).images == ("VOC2012/JPEGImages/a.jpg",)


def test_an_image_without_annotation_has_no_labels(tmp_path):
    put(tmp_path / "a.jpg", b"")
    found = read(tmp_path)["a.jpg"]
    assert (found.objects, found.annotation, found.problem) == ((), None, None)


def test_an_annotation_without_image_and_other_images_are_stray(tmp_path):
    put(tmp_path / "a.xml", voc())
    put(tmp_path / "b.bmp", b"")
    stray = plugin.listing(tmp_path).stray
    assert "no image of this name" in stray["a.xml"]
    assert "jpg, jpeg or png" in stray["b.bmp"]


def test_two_images_for_one_annotation_are_a_mistake(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.png", b"")
    put(tmp_path / "a.xml", voc())
    for found in read(tmp_path).values():
        assert found.problem == "more than one file of this name: `a.jpg`, `a.png`, `a.xml`"


def test_names_that_differ_in_case_are_different_files(tmp_path):
    put(tmp_path / "A.jpg", b"")
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "A.xml", voc(thing("upper")))
    put(tmp_path / "a.xml", voc(thing("lower")))
    labels = {name: found.objects[0]["label"] for name, found in read(tmp_path).items()}
    assert labels == {"A.jpg": "upper", "a.jpg": "lower"}


ENTITIES = '<!DOCTYPE a [<!ENTITY x "y">]><annotation><folder>&x;</folder></annotation>'
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><annotation>&b;</annotation>'
EXTERNAL = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>'


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (ENTITIES, "document type"),
        (BOMB, "document type"),
        (EXTERNAL, "document type"),
        (ENTITIES.encode("utf-16"), "document type"),
        ("<annotation><object>", "broken XML"),
        ("", "broken XML"),
        ("\0\0\0\0", "broken XML"),
        ("<annotation>&undefined;</annotation>", "broken XML"),
        ('<?xml version="1.0" encoding="no-such"?><annotation/>', "broken XML"),
        ("<html/>", "not a VOC `annotation`"),
        (voc("<object/>"), "has no `name`"),
        (voc("<object><name> </name></object>"), "has no `name`"),
        (voc("<object><name>cat</name></object>"), "a `cat` has no `bndbox`"),
        (voc(thing().replace("<ymax>30</ymax>", "")), "has no `ymax`"),
        (voc(thing(box=(1, 2, "three", 4))), "`xmax` of a `cat` is not a number: `three`"),
        (voc(thing(box=(1, 2, "1_0", 4))), "`xmax` of a `cat` is not a number: `1_0`"),
        (voc(thing(box=(1, 2, "９", 14))), "`xmax` of a `cat` is not a number: `９`"),  # noqa: RUF001
        (voc(thing(box=(1, 2, "", 4))), "`xmax` of a `cat` is not a number"),
        (voc(size=("wide", 3)), "`width` is not a number: `wide`"),
    ],
)
def test_a_broken_annotation_says_why(tmp_path, xml, why):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", xml)
    problem = read(tmp_path)["a.jpg"].problem
    assert problem is not None
    assert problem.startswith("`a.xml`: ")
    assert why in problem


def test_an_annotation_of_absurd_size_is_not_read(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", voc() + " " * (17 << 20))
    assert "larger than 16 MB" in str(read(tmp_path)["a.jpg"].problem)


def test_attributes_tags_and_scores_are_kept(tmp_path):
    more = "<truncated>1</truncated><tags><light>dim</light></tags><confidence>0.5</confidence>"
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", voc("<cks><site>north</site></cks>", thing(more=more)))
    found = read(tmp_path)["a.jpg"]
    assert found.tags == ({"key": "site", "value": "north"},)
    assert found.objects[0]["score"] == 0.5
    assert found.objects[0]["attributes"] == [
        {"key": "truncated", "value": "1"},
        {"key": "light", "value": "dim"},
    ]


blank = st.sampled_from(["", " ", "\n\t"])
names = st.sampled_from(
    ["cat", "no helmet", "a/b", "Katze", "K\u00e4tzchen", " cat ", "a&amp;b", ""]
)
numbers = st.sampled_from(["1", "12", "7.5", "-3", " 4 ", "1e1", "nan", "", "+5", "0x1"])
extras = st.sampled_from(
    [
        "", "<pose>Unspecified</pose>", "<pose>Left</pose>", "<truncated>0</truncated>",
        "<truncated>1</truncated>", "<difficult>0</difficult>", "<tags><a>b</a></tags>", "<!-- -->",
    ]
)  # fmt: skip


@given(names, st.tuples(numbers, numbers, numbers, numbers), extras, extras, blank, st.booleans())
def test_the_short_way_says_what_the_parser_says(name, box, before, after, gap, is_cut):
    xml = voc(gap, thing(name, box).replace("<bndbox>", f"{gap}{before}{gap}<bndbox>{gap}"), after)
    content = (xml[:-3] if is_cut else xml).encode()
    short = plugin._plain(content)  # noqa: SLF001 - it may not be told apart from outside
    if short:
        root = plugin._parse(content)  # noqa: SLF001
        objects = tuple(plugin._object(each) for each in root.iterfind("object"))  # noqa: SLF001
        assert (short[0], tuple(short[1])) == ((64, 48), objects)
        assert root.find("cks") is None


def test_the_short_way_is_taken_by_plain_annotations():
    assert plugin._plain(voc(thing(), thing("dog")).encode())  # noqa: SLF001


def test_hidden_files_are_not_looked_at(tmp_path):
    put(tmp_path / "._a.jpg", picture())
    put(tmp_path / ".cache/b.jpg", picture())
    assert plugin.listing(tmp_path).images == ()


def devkit(folder: Path, top: str = "VOC2012/"):
    for name in ("a", "b", "day/c"):
        put(folder / f"{top}JPEGImages/{name}.jpg", b"")
        put(folder / f"{top}Annotations/{name}.xml", voc(thing()))
    return folder


@pytest.mark.parametrize("top", ["VOC2012/", "", "images/VOC/"])
def test_splits_are_the_lists_of_the_devkit(tmp_path, top):
    devkit(tmp_path, top)
    put(tmp_path / f"{top}ImageSets/Main/train.txt", "a\nday/c\r\n\nb.jpg\ngone\n")
    put(tmp_path / f"{top}ImageSets/Main/cat_train.txt", "a  1\nb -1\nday/c  0\n")
    put(tmp_path / f"{top}ImageSets/Layout/val.txt", "a\n")
    listing = plugin.listing(tmp_path)
    assert list(listing.splits) == ["cat_train", "train"]
    train = of_split(listing, "train")
    assert len(train.images) == len(train.annotations) == 3
    assert list(train.stray) == ["gone"]
    assert [each.problem for each in plugin.read(train)] == [None] * 3
    names = [f"{top}JPEGImages/{name}.jpg" for name in ("a", "day/c")]
    assert list(of_split(listing, "cat_train").images) == names


def test_splits_of_two_years_are_put_together(tmp_path):
    for year in ("VOC2007/", "VOC2012/"):
        put(devkit(tmp_path, year) / f"{year}ImageSets/Main/val.txt", "a\n")
    images = of_split(plugin.listing(tmp_path), "val").images
    assert images == ("VOC2007/JPEGImages/a.jpg", "VOC2012/JPEGImages/a.jpg")


def test_a_list_that_cannot_be_read_is_named(tmp_path):
    put(devkit(tmp_path, "") / "ImageSets/Main/val.txt", b"\xff\xfe")
    with pytest.raises(DataError, match=r"val\.txt` cannot be read"):
        of_split(plugin.listing(tmp_path), "val")


def test_a_negative_confidence_is_none(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", voc(thing(more="<confidence>-1.0000</confidence>")))
    assert "score" not in read(tmp_path)["a.jpg"].objects[0]


def test_pixels_that_are_counted_from_zero_stand_out_by_one(tmp_path):
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "a.xml", voc(thing(box=(0, 0, 63, 47))))
    (cat,) = read(tmp_path)["a.jpg"].objects
    assert [cat[side] for side in "xywh"] == [-1, -1, 64, 48]


def test_what_xml_cannot_say_is_not_written(tmp_path):
    odd = {"label": "c\x01at", "x": 1, "y": 1, "w": 2, "h": 2}
    tags = [{"key": "a\x02", "value": "\x1b[31m"}]
    images, media = written(tmp_path, [([odd], tags, "a.jpg")])
    plugin.write(images, media, tmp_path / "out")
    (found,) = read(tmp_path / "out").values()
    assert (found.problem, found.objects[0]["label"]) == (None, "c\ufffdat")
