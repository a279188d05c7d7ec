"""What the leakage gate lets into a round's training set, and what it says of the rest."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.fakes import MemoryStore
from tests.plan.worlds import catalogue
from ymir.data.table import table
from ymir.dvc.objects import place_bytes
from ymir.errors import DataError, GateError
from ymir.media.store import MediaStore
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.stages import mine, predict, training
from ymir.stages.kind import StageKind, Work

BOX = {"label": "cat", "x": 1.0, "y": 1.0, "w": 20.0, "h": 20.0}


def picture(seed: int, quality: int = 90) -> bytes:
    """A picture; another quality makes other bytes that look the same."""
    coarse = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(coarse).resize((128, 96), Image.Resampling.BICUBIC)
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


class Folders(MemoryStore):
    """A store that hands out folders."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def open(self, name: str) -> Path:
        return self.root / name


@dataclass
class Place:
    """A workspace with four datasets, in which rounds are trained and mined."""

    root: Path
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @property
    def media(self) -> MediaStore:
        return MediaStore(self.root)

    def put(self, name: str, *contents: bytes, camera: str | None = None) -> None:
        """Add images to a dataset: `train-0.jpg`, `train-1.jpg`, …"""
        path = self.root / "store" / name / "images.parquet"
        before = read_table(path) if path.exists() else table([])
        tags = [{"key": "camera", "value": camera}] if camera else []
        rows = [
            {
                "image": place_bytes(self.media.cache, content),
                "width": 128,
                "height": 96,
                "file": f"{name}-{before.height + at}.jpg",
                "objects": [BOX],
                "tags": tags,
            }
            for at, content in enumerate(contents)
        ]
        write_table(pl.concat([before, table(rows)]), path)

    def work(self, kind: str, gates: dict[str, object]) -> Work:
        specs = catalogue(gates=gates)
        written = specs.projects["p"].gates.model_dump(mode="json")
        settings = {"labels": ["cat"], "gates": written, "use": "random", "seed": 1, "topk": 99}
        stage = Stage(f"p/r1/{kind}", kind, () if kind == "training" else ("p/r1/train",), settings)
        return Work(
            stage=stage,
            recipe=Recipe(kind, settings, {}),
            catalogue=specs,
            store=Folders(self.root / "store"),
            media=self.media,
            workspace=self.root,
            folder=self.root / ".ymir/jobs/it",
        )

    def made(self, kind: StageKind, **gates: object) -> tuple[dict[str, object], Path]:
        """The facts that a stage gives, and the folder with what it made."""
        work = self.work(kind.__name__.rsplit(".", 1)[1], gates)
        into = work.folder / "made"
        into.mkdir(parents=True, exist_ok=True)
        facts = kind.make(work, into)
        assert isinstance(facts, dict)
        return facts, into


@pytest.fixture
def place(tmp_path) -> Place:
    """Sound datasets of three images each."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in ((0, "train"), (10, "val"), (20, "test"), (30, "pool")):
        place.put(name, *(picture(first + at) for at in range(3)))
    return place


def trained_on(into: Path) -> list[str]:
    return sorted(read_table(into / "training.parquet")["file"])


def record(folder: Path) -> dict[str, list[dict[str, object]]]:
    return json.loads((folder / "leakage.json").read_text())


SOUND = ["train-0.jpg", "train-1.jpg", "train-2.jpg"]


def test_where_nothing_leaks_that_is_recorded_too(place):
    facts, into = place.made(training)
    assert trained_on(into) == SOUND
    assert "leaks" not in facts
    assert record(into) == {
        "gates": {
            "leakage": "block",
            "near": {"then": "warn", "distance": 4},
            "groups": None,
            "package": "block",
        },
        "counts": [],
        "left_out": 0,
        "pairs": [],
    }


def test_an_image_of_the_testing_set_blocks_and_is_named(place):
    place.put("train", picture(21), picture(11))
    with pytest.raises(GateError) as refused:
        place.made(training)
    assert str(refused.value).splitlines() == [
        "training holds images that tell what models are judged on: 2",
        "  1 also in testing: `train-3.jpg`",
        "  1 also in validation: `train-4.jpg`",
    ]
    assert "`gates: {leakage: exclude}`" in refused.value.hint
    listed = record(place.root / ".ymir/jobs/it")
    assert "`.ymir/jobs/it/leakage.json`" in refused.value.hint
    assert [pair["other_file"] for pair in listed["pairs"]] == ["test-1.jpg", "val-1.jpg"]


def test_with_exclude_it_is_not_trained_on(place):
    place.put("train", picture(21), picture(11))
    facts, into = place.made(training, leakage="exclude")
    assert trained_on(into) == SOUND
    assert (facts["leaks"], facts["left_out"], facts["images"]) == ({"same": 2}, 2, 3)
    assert record(into)["counts"] == [
        {"set": "testing", "kind": "same", "images": 1},
        {"set": "validation", "kind": "same", "images": 1},
    ]


def test_with_warn_what_is_validated_on_stays_and_what_is_tested_on_goes_all_the_same(place):
    place.put("train", picture(21), picture(11))
    facts, into = place.made(training, leakage="warn")
    assert trained_on(into) == [*SOUND, "train-4.jpg"]
    assert (facts["leaks"], facts["left_out"]) == ({"same": 2}, 1)
    assert [pair["left_out"] for pair in record(into)["pairs"]] == [True, False]


def test_a_near_duplicate_is_recorded_left_out_or_refused_as_asked(place):
    place.put("train", picture(22, quality=60))
    facts, into = place.made(training)
    assert trained_on(into) == [*SOUND, "train-3.jpg"]
    assert (facts["leaks"], facts["left_out"]) == ({"near": 1}, 0)
    (pair,) = record(into)["pairs"]
    assert (pair["file"], pair["other_file"], pair["set"]) == (
        "train-3.jpg",
        "test-2.jpg",
        "testing",
    )
    assert 0 <= pair["distance"] <= 4
    facts, into = place.made(training, near={"then": "exclude"})
    assert trained_on(into) == SOUND
    assert facts["left_out"] == 1
    with pytest.raises(GateError, match=r"1 like one of testing: .*\(like `test-2.jpg`\)"):
        place.made(training, near={"then": "block"})
    facts, into = place.made(training, near={"then": "ignore"})
    assert "leaks" not in facts


def test_images_of_one_camera_never_stand_on_both_sides(place):
    place.put("test", picture(50), camera="7")
    place.put("train", picture(51), picture(52), camera="7")
    place.put("train", picture(53), camera="8")
    with pytest.raises(GateError, match=r"2 of a group in testing: .*\(camera: 7\)"):
        place.made(training, groups={"by": "camera"})
    facts, into = place.made(training, groups={"by": "camera", "then": "exclude"})
    assert trained_on(into) == [*SOUND, "train-5.jpg"]
    assert facts["leaks"] == {"group": 2}
    facts, into = place.made(training, groups={"by": "camera", "then": "warn"})
    assert len(trained_on(into)) == 6


def test_a_gate_that_looks_at_a_tag_which_nothing_carries_is_refused(place):
    with pytest.raises(DataError, match="no training image carries the tag `camera`"):
        place.made(training, groups={"by": "camera", "then": "warn"})
    place.put("train", picture(51), camera="7")
    with pytest.raises(DataError, match="no held-out image carries the tag `camera`"):
        place.made(training, groups={"by": "camera", "then": "warn"})


def test_a_training_set_that_leaks_altogether_is_not_trained_on_at_all(place):
    (place.root / "store/train/images.parquet").unlink()
    place.put("train", picture(20), picture(21))
    with pytest.raises(DataError, match="training set of 0 images"):
        place.made(training, leakage="exclude")


def test_many_pairs_are_counted_and_some_are_listed(place):
    contents = [picture(100 + at) for at in range(130)]
    place.put("test", *contents)
    place.put("train", *contents)
    facts, into = place.made(training, leakage="exclude")
    assert facts["leaks"] == {"same": 130}
    assert record(into)["counts"] == [{"set": "testing", "kind": "same", "images": 130}]
    assert len(record(into)["pairs"]) == 100
    with pytest.raises(GateError, match=r"130 also in testing: .* and 125 more"):
        place.made(training)


def picked(place: Place, **gates: object) -> set[str]:
    _, into = place.made(mine, **gates)
    pool = read_table(place.root / "store/pool/images.parquet")
    names = dict(pool.select("image", "file").iter_rows())
    return {names[image] for image in read_table(into / "mined.parquet")["image"]}


def test_nothing_is_mined_that_might_not_be_trained_on(place):
    place.put("pool", picture(20), picture(22, quality=60), picture(10))
    place.put("pool", picture(60), camera="7")
    place.put("test", picture(61), camera="7")
    sound = {"pool-0.jpg", "pool-1.jpg", "pool-2.jpg"}
    assert picked(place) == {*sound, "pool-4.jpg", "pool-6.jpg"}
    assert picked(place, near={"then": "exclude"}) == {*sound, "pool-6.jpg"}
    strict = {"near": {"then": "block"}, "groups": {"by": "camera"}}
    assert picked(place, **strict) == sound
    assert picked(place, leakage="warn", groups={"by": "camera", "then": "warn"}) == {
        *sound,
        "pool-4.jpg",
        "pool-6.jpg",
    }


def test_a_model_is_not_judged_on_what_it_learned_however_it_came_into_testing(place):
    _, into = place.made(training)
    (place.root / "store/p/r1").mkdir(parents=True)
    into.rename(place.root / "store/p/r1/train")
    place.put("test", picture(1))
    with pytest.raises(GateError, match=r"testing holds 1 of .* `p/r1/train` .*`test-3.jpg`"):
        predict.jobs(place.work("predict", {}))
