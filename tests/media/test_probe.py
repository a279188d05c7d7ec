import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.media.pictures import picture
from ymir.media.decode import decode
from ymir.media.probe import Picture, probe


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(["jpg", "png"]))
def test_the_probe_sees_what_pillow_sees(width, height, kind):
    content = picture(size=(width, height), kind=kind)
    assert probe(content, f"a.{kind}") == Picture(width, height, kind)
    assert decode(content) is None


@given(st.sampled_from(["jpg", "png"]), st.data())
def test_no_beginning_of_an_image_passes_for_the_whole(kind, data):
    content = picture(kind=kind)
    cut = data.draw(st.integers(0, len(content) - 1))
    assert isinstance(probe(content[:cut], f"a.{kind}"), str)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(content):
    probe(content, "a.jpg")
    probe(b"\xff\xd8" + content, "a.jpg")
    probe(b"\x89PNG\r\n\x1a\n" + content, "a.png")


@pytest.mark.parametrize("trailer", [b"\0\0", b"\r\n", b"\0" * 5000, b"SEFT" + b"x" * 100_000])
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_what_stands_behind_the_end_does_not_matter(kind, trailer):
    assert isinstance(probe(picture(kind=kind) + trailer, f"a.{kind}"), Picture)


def test_an_embedded_thumbnail_does_not_pass_for_the_end():
    thumbnail = picture(1, (8, 8))
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = picture()
    content = whole[:2] + segment + whole[2:]
    assert probe(content, "a.jpg") == Picture(64, 48, "jpg")
    assert "cut off" in str(probe(content[:-2], "a.jpg"))


def test_a_progressive_image_is_read():
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "JPEG", progressive=True)
    assert probe(file.getvalue(), "a.JPEG") == Picture(40, 30, "jpg")


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.jpg", "the file is empty"),
        (b"GIF89a", "a.jpg", "neither a JPEG nor a PNG"),
        (picture(kind="png"), "a.jpg", "this is a png file, but its name ends in `.jpg`"),
        (picture(), "a.png", "this is a jpg file, but its name ends in `.png`"),
        (picture()[:-2], "a.jpg", "cut off"),
        (picture(kind="png")[:-12], "a.png", "cut off"),
        (b"\xff\xd8\xff\xd9\0\0", "a.jpg", "no frame header"),
    ],
)
def test_what_is_wrong_is_said(content, name, why):
    assert why in str(probe(content, name))


def test_a_size_that_no_machine_could_hold_is_refused():
    content = bytearray(picture(kind="png"))
    content[16:24] = struct.pack(">II", 100_000, 100_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    assert "too many" in str(probe(bytes(content), "a.png"))
    assert "too many pixels" in str(decode(bytes(content)))


def test_decoding_finds_damage_inside_the_image():
    content = bytearray(picture(kind="png", size=(200, 200)))
    middle = len(content) // 2
    content[middle : middle + 8] = b"\0" * 8
    assert isinstance(probe(bytes(content), "a.png"), Picture)
    assert "cannot be decoded" in str(decode(bytes(content)))
