import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from tests.media.pictures import put
from tests.media.test_phash import coded, forget_bytes, scene, stored
from ymir.errors import StoreError
from ymir.media.features import DIMENSIONS, describe_files, describe_pixels, features
from ymir.media.store import MediaStore


@pytest.fixture
def media(tmp_path) -> MediaStore:
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    return MediaStore(tmp_path)


def described(content: bytes, folder) -> np.ndarray:
    return describe_files([str(put(folder / "picture", content))])[0]


@pytest.mark.parametrize(
    "anew",
    [
        lambda picture: coded(picture, quality=40),
        lambda picture: coded(picture, "PNG"),
        lambda picture: coded(picture.convert("RGBA"), "PNG"),
        lambda picture: coded(picture.convert("CMYK"), quality=90),
        lambda picture: coded(picture.resize((200, 150)), quality=80, progressive=True),
        lambda picture: coded(picture.resize((1500, 1100)), quality=80),
    ],
    ids=["coarser", "png", "alpha", "cmyk", "smaller", "larger"],
)
def test_the_same_picture_coded_or_sized_anew_is_near_and_others_are_far(anew, tmp_path):
    pictures = [scene(seed) for seed in range(6)]
    before = np.stack([described(coded(each, quality=92), tmp_path) for each in pictures])
    after = np.stack([described(anew(each), tmp_path) for each in pictures])
    alike = before @ after.T
    assert np.diag(alike).min() > 0.98
    assert alike[~np.eye(6, dtype=bool)].max() < 0.85


def test_where_things_are_matters_and_so_does_their_colour(tmp_path):
    def with_thing(place, colour):
        picture = scene(3)
        ImageDraw.Draw(picture).rectangle((*place, place[0] + 90, place[1] + 90), fill=colour)
        return described(coded(picture), tmp_path)

    first = with_thing((20, 20), "red")
    assert first @ with_thing((22, 20), "red") > first @ with_thing((260, 190), "red") + 0.02
    assert first @ with_thing((20, 20), "red") > first @ with_thing((20, 20), "blue") + 0.001


def test_levels_of_16_bits_look_like_those_of_8(tmp_path):
    grey = scene(1).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    alike = described(coded(grey, "PNG"), tmp_path) @ described(coded(deep, "PNG"), tmp_path)
    assert alike > 0.999


def test_a_descriptor_is_pinned_down():
    """Remembered ones outlive releases: whoever changes them gives their folder a new number."""
    across, down = np.meshgrid(np.arange(64), np.arange(64))
    levels = [(across * a + down * b) % 200 - 100 for a, b in ((3, 5), (1, 0), (0, 2))]
    found = describe_pixels(np.stack(levels, axis=2).astype(np.float32)[None])
    assert found.shape == (1, DIMENSIONS)
    assert found.dtype == np.float32
    expected = [-0.03974, 0.00619, -0.07747, 0.00017, 0.00063, -0.25106]
    assert found[0, [0, 7, 95, 96, 98, 112]].tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", coded(scene(1))[:2000], coded(scene(1), "GIF")],
    ids=["empty", "text", "half a jpg", "a gif"],
)
def test_what_cannot_be_decoded_is_zeros(content, tmp_path):
    assert not described(content, tmp_path).any()
    assert describe_files([str(tmp_path / "is-not-there.jpg")]).tolist() == [[0.0] * DIMENSIONS]


def test_a_picture_that_would_fill_the_memory_is_not_decoded(tmp_path, monkeypatch):
    for most in (60_000, 20_000):  # where Pillow warns, and where it refuses
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        assert not described(coded(Image.new("L", (300, 300)), "PNG"), tmp_path).any()


@pytest.mark.parametrize("colour", [(9, 99, 199), (128, 128, 128), (0, 0, 0)])
def test_a_flat_picture_has_a_colour_and_no_edges(colour, tmp_path):
    found = described(coded(Image.new("RGB", (64, 48), colour), "PNG"), tmp_path)
    assert not found[:96].any()
    assert np.linalg.norm(found) == pytest.approx(float(found.any()))


def test_descriptors_come_in_the_order_of_the_rows_with_the_length_1(media):
    images = stored(media, *(coded(scene(seed)) for seed in range(3)))
    found = features(media, images)
    assert found.shape == (3, DIMENSIONS)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert (features(media, images.reverse()) == found[::-1]).all()
    twice = pl.concat([images, images])
    assert (features(media, twice) == np.concatenate([found, found])).all()
    assert features(media, images.clear()).shape == (0, DIMENSIONS)


def test_what_was_described_once_is_not_read_again(media):
    images = stored(media, coded(scene(1)), coded(scene(2)), b"no picture")
    before = features(media, images)
    forget_bytes(media, images)
    assert (features(media, images) == before).all()
    assert not before[2].any()


def test_an_image_that_is_not_here_is_asked_for(media):
    images = stored(media, coded(scene(1)))
    forget_bytes(media, images)
    with pytest.raises(StoreError, match="are not here"):
        features(media, images)


def test_many_small_files_become_one(media):
    images = stored(media, *(coded(scene(seed)) for seed in range(18)))
    for row in range(17):
        features(media, images[: row + 1])
    features(media, images)
    assert len(list((media.workspace / ".ymir/features/1").iterdir())) == 2
    forget_bytes(media, images)
    assert features(media, images).any(axis=1).all()


def test_what_is_remembered_may_be_deleted_or_damaged(media):
    images = stored(media, coded(scene(1)), coded(scene(2)))
    before = features(media, images)
    folder = media.workspace / ".ymir/features/1"
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:50])
    short = pl.DataFrame({"image": images["image"], "feature": [b"12", b""]})
    short.write_parquet(folder / "short.parquet")
    images[:1].select("image", feature=1).write_parquet(folder / "other.parquet")
    assert (features(media, images) == before).all()
    for path in folder.iterdir():
        path.unlink()
    assert (features(media, images) == before).all()
