"""Images that are not what they seem: each is named with the reason, none is decoded unasked."""

import io
import resource
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.hostile.importing import SIZE, apply, ask, cats, refused
from tests.media.pictures import picture, put

LIMIT = 3 << 30  # bytes of memory that an import of bombs may ask for


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG of a size, with whatever rows, and more chunks before them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def zeros(size: int) -> bytes:
    """So many zeros, packed to a thousandth, twice as fast as at once."""
    packing = zlib.compressobj(1)
    piece = bytes(1 << 20)
    packed = [packing.compress(piece) for _ in range(size >> 20)]
    return b"".join([*packed, packing.flush()])


def jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    content = bytearray(picture(1, SIZE))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.fixture
def raw(workspace) -> Path:
    return cats(workspace.root / "raw")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("bomb.png", png(60_000, 60_000, zeros(1 << 24)), "60000x60000"),
        ("bomb.png", png(2**31 - 1, 2**31 - 1, b""), "2147483647x2147483647"),
        ("bomb.jpg", jpeg_of(65_500, 65_500), "65500x65500"),
        ("none.png", png(0, 10, b""), "0x10"),
        ("none.jpg", jpeg_of(0, 0), "0x0"),
        ("cut.jpg", picture(1, SIZE)[:-40], "cut off"),
        ("cut.png", picture(1, SIZE, "png")[:-5], "cut off"),
        ("cut.png", picture(1, SIZE, "png")[:20], "header is broken"),
        ("a.jpg", picture(1, SIZE, "png"), "a png file, but its name ends in `.jpg`"),
        ("a.png", picture(1, SIZE), "a jpg file, but its name ends in `.png`"),
        ("a.jpg", b"GIF89a" + bytes(99), "neither a JPEG nor a PNG"),
        ("a.jpg", b"<html>404 not found</html>", "neither a JPEG nor a PNG"),
        ("a.jpg", b"version https://git-lfs.github.com/spec/v1\n", "neither a JPEG nor a PNG"),
        ("a.jpg", b"", "empty"),
        ("a.gif", b"GIF89a", "images must be jpg, jpeg or png"),
    ],
)
def test_an_image_that_cannot_be_used_is_named_with_the_reason(workspace, raw, name, content, why):
    put(raw / "JPEGImages" / name, content)
    said = refused(workspace)
    (line,) = [line for line in said.splitlines() if f"JPEGImages/{name}: " in line]
    assert why in line


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.png", png(18_000, 18_000, zeros(18_001 * 18_000))),
        ("text.png", png(64, 48, zeros(49 * 65), chunk(b"zTXt", b"a\0\0" + zeros(1 << 30)))),
        ("icc.png", png(64, 48, zeros(49 * 65), chunk(b"iCCP", b"a\0\0" + zeros(1 << 30)))),
        ("broken.png", png(64, 48, zlib.compress(b"too short"))),
        ("checksum.png", picture(1, (200, 200), "png").replace(b"IDAT", b"IDAT\x01", 1)),
    ],
)
def test_a_bomb_is_named_and_takes_no_memory_where_every_image_is_decoded(
    workspace, raw, name, content
):
    ask(workspace, "voc", "verify: full")
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Specs")
    put(raw / "JPEGImages" / name, content)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert f"JPEGImages/{name}: " in refused(workspace)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, LIMIT >> 10)


def test_an_image_that_is_larger_than_any_is_not_read_into_memory(workspace, raw):
    path = put(raw / "JPEGImages" / "large.jpg", picture(1, SIZE))
    with path.open("r+b") as file:
        file.truncate(300 << 20)
    assert "JPEGImages/large.jpg: it is larger than 256 MB" in refused(workspace)


def test_what_stands_behind_the_end_of_an_image_is_kept(workspace, raw):
    put(raw / "JPEGImages" / "more.jpg", picture(60, SIZE) + b"appended by a camera")
    assert "4 images" in apply(workspace).stdout


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "RGBA", "LA", "I;16", "1"])
def test_pictures_of_every_mode_are_taken(workspace, raw, mode):
    kind = "JPEG" if mode in ("L", "CMYK") else "PNG"
    file = io.BytesIO()
    Image.new(mode, SIZE).save(file, kind)
    put(raw / "JPEGImages" / f"mode.{'jpg' if kind == 'JPEG' else 'png'}", file.getvalue())
    ask(workspace, "voc", "verify: full")
    assert "4 images" in apply(workspace).stdout


def test_with_skip_the_rest_is_kept_and_each_is_listed(workspace, raw):
    for number in range(30):
        put(raw / "JPEGImages" / f"bad{number}.jpg", b"x" * number)
    ask(workspace, "voc", "reject: skip")
    assert "3 images, 3 boxes" in apply(workspace).stdout
    account = workspace.root / "data" / "datasets" / "pets" / "v1" / "import.json"
    assert account.read_text().count("JPEGImages/bad") == 30
