"""Pictures travel inside a page while they fit, lie beside it after that, and are made once."""

import gzip
from base64 import b64decode
from io import BytesIO

import orjson
import pytest
from PIL import Image

from tests.media.pictures import picture, put
from tests.report.rounds import LABELS, project, world
from ymir.report.album.building import Extras, album_of
from ymir.report.album.candidates import candidates
from ymir.report.album.importance import by_importance, errors_of, worst_first
from ymir.report.album.packing import pack
from ymir.report.album.thumbs import FORM, Limits, Places, with_pictures
from ymir.report.collect.picked import picked
from ymir.report.shown.album import MINED, TRAINING
from ymir.report.shown.batches import Leak
from ymir.report.shown.quality import Changed, Changes


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("thumbs")
    made = world(folder / "world")
    return made, project(folder / "rounds", made, (0.5, 0.7))


@pytest.fixture
def album(scene):
    record = scene[1]
    now = record.rounds[-1]
    extras = Extras(mined=picked(now), pool=now.table("pool"))
    return album_of(record.testing, candidates(record.rounds), LABELS, extras)


@pytest.fixture
def places(scene, tmp_path):
    return Places(scene[0].locate, tmp_path / "cache", tmp_path / "page")


def beside(places):
    folder = places.into / "images"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_what_fits_travels_inside(album, places):
    pictured, inlined = with_pictures(album, places)
    assert sorted(pictured.images.picture) == list(range(len(album.images.id)))
    assert beside(places) == []
    assert pictured.left_out == ""
    for row, place in enumerate(pictured.images.picture):
        with Image.open(BytesIO(inlined[place])) as small:
            assert small.format == "WEBP"
            assert small.size == (album.images.width[row], album.images.height[row])


def test_what_people_want_to_see_is_inlined_and_the_rest_lies_beside(album, places):
    _, everything = with_pictures(album, places)
    room = sum(map(len, everything[:9]))
    pictured, inlined = with_pictures(album, places, Limits(inlined=room))
    assert inlined == everything[:9]
    inside = [row for row, place in enumerate(pictured.images.picture) if place >= 0]
    assert sorted(inside) == sorted(by_importance(album)[:9])
    others = {row for row, place in enumerate(pictured.images.picture) if place == -1}
    ids = sorted(f"{(one := album.images.id[row])[:2]}/{one}.webp" for row in others)
    assert beside(places) == ids
    assert others | set(inside) == set(range(len(album.images.id)))


def test_boxes_come_before_pictures_where_a_page_is_full(album, places):
    _, everything = with_pictures(album, places)
    few = sum(map(len, everything[:3]))
    _, inlined = with_pictures(album, places, Limits(album=0, least=few))
    assert inlined == everything[:3]
    _, inlined = with_pictures(album, places, Limits(album=1_000_000, least=few))
    assert inlined == everything


def test_over_the_limits_pictures_are_left_out_and_that_is_said(album, places):
    pictured, inlined = with_pictures(album, places, Limits(pictures=10))
    assert (len(inlined), pictured.images.picture.count(-2)) == (10, len(album.images.id) - 10)
    words = "26 images have no picture: a report has 10 pictures and 400 MB of them at most"
    assert pictured.left_out == words
    pictured, inlined = with_pictures(album, places, Limits(inlined=0, beside=900))
    shown = pictured.images.picture.count(-1)
    assert inlined == ()
    assert 0 < shown == len(beside(places)) < len(album.images.id)
    assert sum(path.stat().st_size for path in places.into.rglob("*.webp")) <= 900


def test_pictures_are_made_once_and_shared_with_the_cache(album, places):
    with_pictures(album, places, Limits(inlined=0))
    made = {path: path.stat().st_mtime_ns for path in places.cache.rglob("*.webp")}
    assert len(made) == len(album.images.id)
    told = []
    with_pictures(album, places, Limits(inlined=0), lambda done, of: told.append(done))
    assert told == []
    assert made == {path: path.stat().st_mtime_ns for path in places.cache.rglob("*.webp")}
    image = album.images.id[0]
    assert FORM.path(places.into / "images", image).samefile(FORM.path(places.cache, image))


def test_images_whose_bytes_are_not_here_have_no_picture(scene, album, places):
    gone = set(album.images.id[:3])
    lacking = Places(
        lambda images: scene[0].locate([each for each in images if each not in gone]),
        places.cache,
        places.into,
    )
    pictured, inlined = with_pictures(album, lacking)
    assert pictured.images.picture[:3] == [-2, -2, -2]
    assert sorted(pictured.images.picture[3:]) == list(range(len(inlined)))
    assert pictured.left_out.startswith("3 images have no picture: the bytes are not here")


def test_an_image_that_cannot_be_drawn_has_no_picture(scene, album, places, tmp_path):
    broken = put(tmp_path / "broken", b"\xff\xd8 not really")
    spoiled = album.images.id[0]
    locate = lambda images: {**scene[0].locate(images), spoiled: broken}  # noqa: E731
    pictured, _ = with_pictures(album, Places(locate, places.cache, places.into))
    assert pictured.images.picture[0] == -2
    assert pictured.left_out.startswith("1 image has no picture")


def test_large_pictures_are_shrunk_and_small_ones_are_not_enlarged(scene, places, tmp_path):
    sizes = {"a" * 32: (1600, 1200), "b" * 32: (300, 900), "c" * 32: (20, 10)}
    files = {
        image: put(tmp_path / image, picture(seed, size))
        for seed, (image, size) in enumerate(sizes.items())
    }
    leaks = [Leak("same", "validation", image, "x", image, "x", "same", False) for image in files]
    album = album_of(scene[1].testing.clear(), [], LABELS, Extras(leaks=leaks))
    pictured, inlined = with_pictures(album, Places(lambda _: files, places.cache, places.into))
    assert pictured.images.width == [width for width, _ in sizes.values()]
    assert pictured.images.height == [height for _, height in sizes.values()]
    small = {}
    for image, place in zip(album.images.id, pictured.images.picture, strict=True):
        with Image.open(BytesIO(inlined[place])) as opened:
            small[image] = opened.size
    assert list(small.values()) == [(448, 336), (149, 448), (20, 10)]


def test_each_kind_of_wanted_image_has_its_turn(scene):
    record = scene[1]
    now = record.rounds[-1]
    images = record.testing["image"].to_list()
    worst = worst_first(album_of(record.testing, candidates(record.rounds), LABELS))
    good = [row for row in range(len(images)) if row not in worst]
    changes = Changes(
        "round 1",
        (Changed(images[good[1]], "", 0, 1),),
        (Changed(images[good[0]], "", 1, 0),),
        1,
        1,
    )
    trained = now.table("training")["image"][0]
    leak = Leak("near", "testing", trained, "", images[good[2]], "", "alike", False)
    extras = Extras(mined=picked(now), changes=changes, leaks=[leak])
    album = album_of(record.testing, candidates(record.rounds), LABELS, extras)
    order = by_importance(album)
    mined = album.images.set.index(MINED)
    assert order[:5] == [worst[0], good[0], good[1], mined, good[2]]
    assert order.index(album.images.set.index(TRAINING)) < 12
    assert sorted(order) == list(range(len(album.images.id)))
    errors, _ = errors_of(album)
    assert [errors[row] for row in worst] == sorted((errors[row] for row in worst), reverse=True)


def test_a_packed_album_is_read_back_and_equal_input_gives_equal_text(album, places):
    packed = pack(*with_pictures(album, places))
    assert packed == pack(*with_pictures(album, places))
    read = orjson.loads(gzip.decompress(b64decode(packed.album)))
    assert read["images"]["id"] == album.images.id
    assert read["found"][0]["score"] == album.found[0].score
    assert read["candidates"][0]["threshold"] == album.candidates[0].threshold
    block = b64decode(packed.pictures)
    count = int.from_bytes(block[:4], "little")
    sizes = [int.from_bytes(block[4 * at : 4 * at + 4], "little") for at in range(1, count + 1)]
    assert count == len(album.images.id)
    assert len(block) == 4 + 4 * count + sum(sizes)
    with Image.open(BytesIO(block[4 + 4 * count :][: sizes[0]])) as first:
        assert first.format == "WEBP"


def test_a_page_without_pictures_packs_none(album):
    assert b64decode(pack(album).pictures) == bytes(4)
