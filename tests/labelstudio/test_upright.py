"""Images go out as they are stored: no program shows them turned, no pixel changes."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.labelstudio.desk import desk
from tests.labelstudio.server import Server
from ymir.errors import DataError
from ymir.labelstudio.images import check_upright, pictures
from ymir.labelstudio.upright import is_turned, upright

SIDE = 0x0112


def picture(file: Path, turn: int | None) -> Path:
    image = Image.radial_gradient("L").resize((60, 40)).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    if turn is not None:
        exif[SIDE] = turn
    image.save(file, exif=exif)
    return file


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("turn", range(2, 9))
def test_a_turned_image_goes_out_as_its_pixels_are_stored(tmp_path, kind, turn):
    file = picture(tmp_path / f"a.{kind}", turn)
    assert is_turned(file)
    sent = Image.open(io.BytesIO(upright(file)))
    assert sent.getexif().get(SIDE, 1) == 1
    assert (sent.size, sent.tobytes()) == ((60, 40), Image.open(file).tobytes())


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("turn", [None, 1])
def test_any_other_image_goes_out_as_it_is(tmp_path, kind, turn):
    file = picture(tmp_path / f"a.{kind}", turn)
    assert not is_turned(file)
    assert upright(file) == file.read_bytes()


def test_bytes_that_fill_a_jpeg_are_no_markers(tmp_path):
    file = picture(tmp_path / "a.jpg", 6)
    content = file.read_bytes()
    file.write_bytes(content[:2] + b"\xff\xff" + content[2:])
    assert Image.open(io.BytesIO(upright(file))).getexif().get(SIDE, 1) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_image_goes_out_as_it_is(tmp_path, content):
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    assert upright(file) == content


def test_images_that_browsers_would_turn_are_not_left_to_them(tmp_path):
    own = desk(Server(tmp_path, tmp_path, port=9), tmp_path / "workspace")
    image = own.images[0]
    picture(own.batch.media[image], 6)
    with pytest.raises(DataError, match=r"show 1 images turned, .*e.g. `day 1/clip-2.jpg`"):
        check_upright(pictures(own.batch, own.images))
