"""Small copies are made once, carry nothing a camera wrote, and broken images stop nobody."""

import pytest
from PIL import Image

from tests.media.pictures import picture, put
from ymir.media.small import Form, make_small

FORMS = {"JPEG": Form(256, "jpg", 80), "WEBP": Form(448, "webp", 72)}
SMALL = FORMS["WEBP"]


@pytest.fixture
def media(tmp_path):
    return {
        f"{number:032x}": put(tmp_path / "cache" / str(number), picture(number, (800, 600), kind))
        for number, kind in enumerate(["jpg", "png", "jpg"])
    }


@pytest.mark.parametrize("kind", FORMS)
def test_a_small_copy_fits_and_is_made_once(media, tmp_path, kind):
    told = []
    folder, form = tmp_path / "small", FORMS[kind]
    assert make_small(media, folder, form, lambda done, of: told.append((done, of))) == set()
    assert told == [(3, 3)]
    for image in media:
        with Image.open(form.path(folder, image)) as small:
            assert (small.format, max(small.size)) == (kind, form.side)
    times = {image: form.path(folder, image).stat().st_mtime_ns for image in media}
    told.clear()
    make_small(media, folder, form, lambda done, of: told.append((done, of)))
    assert told == []
    assert times == {image: form.path(folder, image).stat().st_mtime_ns for image in media}


@pytest.mark.parametrize("form", FORMS.values())
def test_what_a_camera_wrote_is_not_copied_and_nothing_is_turned(tmp_path, form):
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    exif[0x0112] = 6  # turned by a quarter: boxes are in stored pixels
    path = tmp_path / "photo"
    Image.new("RGB", (800, 600), "teal").save(path, "JPEG", exif=exif, comment=b"secret")
    make_small({"a" * 32: path}, tmp_path / "small", form)
    small = form.path(tmp_path / "small", "a" * 32)
    assert b"secret" not in small.read_bytes()
    with Image.open(small) as drawn:
        assert drawn.size == (form.side, form.side * 3 // 4)
        assert not drawn.getexif()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 not really", b"GIF89a" + b"\0" * 99])
def test_an_image_that_cannot_be_drawn_is_named_and_leaves_nothing(media, tmp_path, content):
    broken = {"b" * 32: put(tmp_path / "cache" / "broken", content), **media}
    assert make_small(broken, tmp_path / "small", SMALL) == {"b" * 32}
    left = [path.name for path in (tmp_path / "small").rglob("*") if path.is_file()]
    assert sorted(left) == sorted(f"{image}.webp" for image in media)


def test_many_are_made_by_several_processes(tmp_path):
    big = Image.effect_noise((2000, 1500), 90).convert("RGB")
    big.save(tmp_path / "big.png", compress_level=0)
    media = {f"{number:032x}": tmp_path / "big.png" for number in range(16)}
    assert make_small(media, tmp_path / "small", SMALL) == set()
    assert len(list((tmp_path / "small").rglob("*.webp"))) == 16
