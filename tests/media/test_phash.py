import hashlib
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from tests.media.pictures import put
from ymir.data.table import table
from ymir.dvc.objects import object_path, place_bytes
from ymir.errors import StoreError
from ymir.media.phash import hash_files, hash_pixels, phashes
from ymir.media.store import MediaStore

REMEMBERED = ".ymir/phashes/1"


def scene(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture with large and small things on it, as a camera might see them."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(40, 220, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for x, y, side in chance.uniform(0, 0.8, (12, 3)).tolist():
        corner = (x * size[0], y * size[1])
        other = (corner[0] + side * size[0] / 4, corner[1] + side * size[1] / 4)
        draw.rectangle((*corner, *other), fill=tuple(chance.integers(0, 255, 3).tolist()))
    return picture


def coded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def hash_of(content: bytes, folder: Path) -> int | None:
    return hash_files([str(put(folder / hashlib.sha256(content).hexdigest(), content))])[0]


def bits_apart(one: int | None, other: int | None) -> int:
    assert one is not None
    assert other is not None
    return (one ^ other).bit_count()


def halved(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


@pytest.mark.parametrize(
    "anew",
    [
        lambda picture: coded(picture, quality=40),
        lambda picture: coded(picture, "PNG"),
        lambda picture: coded(picture.convert("P"), "PNG"),
        lambda picture: coded(picture.convert("RGBA"), "PNG"),
        lambda picture: coded(picture.convert("L"), quality=80),
        lambda picture: coded(picture.convert("CMYK"), quality=80),
        lambda picture: coded(halved(picture), quality=60, progressive=True),
        lambda picture: coded(picture.resize((1500, 1100)), quality=80),
    ],
    ids=["coarser", "png", "palette", "alpha", "grey", "cmyk", "smaller", "larger"],
)
def test_the_same_picture_coded_or_sized_anew_is_near(anew, tmp_path):
    for seed in range(8):
        picture = scene(seed)
        before = hash_of(coded(picture, quality=92), tmp_path)
        assert bits_apart(before, hash_of(anew(picture), tmp_path)) <= 4


def test_other_pictures_are_far(tmp_path):
    hashes = [hash_of(coded(scene(seed)), tmp_path) for seed in range(40)]
    apart = [bits_apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(apart) > 8


def test_levels_of_16_bits_hash_like_those_of_8(tmp_path):
    grey = scene(1).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    apart = bits_apart(hash_of(coded(grey), tmp_path), hash_of(coded(deep, "PNG"), tmp_path))
    assert apart <= 4


def test_a_hash_is_pinned_down_to_the_last_bit():
    """Remembered hashes outlive releases: whoever changes them gives their folder a new number."""
    across, down = np.meshgrid(np.arange(32), np.arange(32))
    pixels = (across * 7 + down * 13 + across * down) % 256
    assert hash_pixels(pixels.astype(np.float64)) == 543533693151262899


def sky(seed: int, noise: float) -> bytes:
    chance = np.random.default_rng(seed)
    down = np.linspace(120, chance.uniform(150, 220), 480)[:, None].repeat(640, axis=1)
    return coded(Image.fromarray((down + chance.normal(0, noise, down.shape)).astype(np.uint8)))


@pytest.mark.parametrize(
    "content",
    [
        coded(Image.new("RGB", (64, 48), (9, 99, 199))),
        coded(Image.new("1", (500, 500)), "PNG"),
        sky(1, noise=0),
        sky(2, noise=5),
        coded(Image.new("L", (1, 1), 7), "PNG"),
    ],
    ids=["one colour", "black", "sky", "grainy sky", "one pixel"],
)
def test_a_picture_without_structure_says_nothing(content, tmp_path):
    assert hash_of(content, tmp_path) is None


def test_a_bird_in_the_sky_says_something_and_another_bird_something_else(tmp_path):
    def with_bird(x: int) -> bytes:
        picture = Image.open(io.BytesIO(sky(3, noise=2)))
        ImageDraw.Draw(picture).rectangle((x, 100, x + 60, 150), fill=10)
        return coded(picture)

    assert bits_apart(hash_of(with_bird(100), tmp_path), hash_of(with_bird(400), tmp_path)) > 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        coded(scene(1))[:2000],
        coded(scene(1), "PNG")[:2000],
        coded(scene(1), "GIF"),
        coded(scene(1), "PNG").replace(b"IDAT", b"IDAT\xff", 1),
    ],
    ids=["empty", "text", "half a jpg", "half a png", "a gif", "broken chunk"],
)
def test_what_cannot_be_decoded_says_nothing(content, tmp_path):
    assert hash_of(content, tmp_path) is None
    assert hash_files([str(tmp_path / "is-not-there.jpg")]) == [None]


def test_a_picture_that_would_fill_the_memory_is_not_decoded(tmp_path, monkeypatch):
    content = coded(Image.new("L", (300, 300)), "PNG")
    for most in (60_000, 20_000):  # where Pillow warns, and where it refuses
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        assert hash_of(content, tmp_path) is None


@pytest.fixture
def media(tmp_path) -> MediaStore:
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    return MediaStore(tmp_path)


def stored(media: MediaStore, *contents: bytes) -> pl.DataFrame:
    digests = [place_bytes(media.cache, content) for content in contents]
    return table({"image": digest} for digest in digests)


def forget_bytes(media: MediaStore, images: pl.DataFrame) -> None:
    for image in images["image"]:
        object_path(media.cache, image).unlink()


def test_hashes_come_in_the_order_of_the_rows_and_null_says_nothing(media):
    contents = [coded(scene(1)), sky(1, noise=0), coded(scene(2))]
    images = stored(media, *contents)
    found = phashes(media, images)
    assert found.dtype == pl.UInt64
    assert found.is_null().to_list() == [False, True, False]
    assert phashes(media, images.reverse()).to_list() == found.to_list()[::-1]
    twice = pl.concat([images, images])
    assert phashes(media, twice).to_list() == [*found.to_list(), *found.to_list()]
    assert phashes(media, images.clear()).to_list() == []


def test_what_was_hashed_once_is_not_read_again(media):
    images = stored(media, *(coded(scene(seed)) for seed in range(3)))
    before = phashes(media, images)
    forget_bytes(media, images)
    assert phashes(media, images).equals(before)


def test_an_image_that_is_not_here_is_asked_for(media):
    images = stored(media, coded(scene(1)))
    forget_bytes(media, images)
    with pytest.raises(StoreError, match="are not here"):
        phashes(media, images)


def test_new_images_add_a_file_and_many_files_become_one(media):
    folder = media.workspace / REMEMBERED
    images = stored(media, *(coded(scene(seed)) for seed in range(20)))
    before: set[Path] = set()
    for row in range(17):
        phashes(media, images[: row + 1])
        now = set(folder.iterdir())
        assert before < now
        assert len(now) == row + 1
        before = now
    phashes(media, images[:18])
    assert len(set(folder.iterdir())) == 2  # all that was there, and the new one
    phashes(media, images)
    forget_bytes(media, images)
    assert phashes(media, images).null_count() == 0


def test_what_is_remembered_may_be_deleted_or_damaged(media):
    images = stored(media, coded(scene(1)), coded(scene(2)))
    before = phashes(media, images)
    folder = media.workspace / REMEMBERED
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:50])
    pl.DataFrame({"image": ["0" * 32], "phash": ["text"]}).write_parquet(folder / "a.parquet")
    assert phashes(media, images).equals(before)
    for path in folder.iterdir():
        path.unlink()
    assert phashes(media, images).equals(before)
