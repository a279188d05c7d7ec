"""What a simulation shows its strategies, and how it picks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.simulation.grounds import BOX, ground_of
from ymir.data.table import table
from ymir.errors import PluginError, SpecError
from ymir.simulation.choosing import Chooser, Traits, chooser, refuse_unknown
from ymir.simulation.curves import Point
from ymir.simulation.ground import Ground
from ymir.simulation.track import Seen
from ymir.spec.mine import Mine


class Known(Traits):
    """Traits without files: `hashes` of the images in their order, and `groups`."""

    def __init__(self, ground: Ground, hashes: Sequence[int], groups: Sequence[str] = ()) -> None:
        images = ground.labelled["image"]
        object.__setattr__(self, "ground", ground)
        self.__dict__["table"] = pl.DataFrame(
            {"image": images, "group": groups or [None] * len(images), "phash": hashes},
            schema={"image": pl.String, "group": pl.String, "phash": pl.UInt64},
        )

    def of(self, images: Collection[str], by: Sequence[str]) -> pl.DataFrame:
        return self.__dict__["table"].filter(pl.col("image").is_in(list(images)))

    def features(self, images: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(images), 128), np.float32)
        rows[range(len(images)), [int(image, 16) for image in images]] = 1
        return rows


def project_with(ground: Ground, **mine: object) -> Ground:
    own = Mine.model_validate({"topk": 3, **mine})
    return replace(ground, project=ground.project.model_copy(update={"mine": own}))


def seen(ground: Ground, scores: Mapping[int, float]) -> Seen:
    rows = [
        {
            "image": image,
            "objects": [{"label": "cat", **BOX, "score": scores[n]}] if n in scores else [],
        }
        for n, image in enumerate(ground.labelled["image"])
    ]
    return Seen(table(rows), Point(0, 0.1, {"cat": 0.1, "dog": 0.2}))


def picks(own: Chooser, ground: Ground, labelled: Sequence[int], found: Seen) -> list[int]:
    images = ground.labelled["image"].to_list()
    known = [images[n] for n in labelled]
    rest = [image for image in images if image not in known]
    return [images.index(image) for image in own.pick(rest, known, found)]


SPREAD = [1 << (4 * n) | 0xF << (4 * n) for n in range(8)]  # no two look alike


def test_entropy_picks_what_the_model_doubts_and_not_what_is_labelled() -> None:
    ground = project_with(ground_of(8, topk=3), use="entropy")
    own = chooser("entropy", Known(ground, [n * 0x1111111 for n in range(8)]), 2, seed=0)
    found = seen(ground, {0: 0.5, 1: 0.9, 2: 0.45, 3: 0.99, 4: 0.6})
    assert picks(
        replace(own, mine=own.mine.model_copy(update={"near": None})), ground, [0], found
    ) == [2, 4]


def test_chance_is_not_limited_unless_it_is_asked_to_be() -> None:
    ground = project_with(ground_of(8, topk=3), near=4)
    same = Known(ground, [7] * 8)
    found = seen(ground, {})
    assert len(picks(chooser("random", same, 3, seed=1), ground, [], found)) == 3
    assert len(picks(chooser("random+limits", same, 3, seed=1), ground, [], found)) == 1
    assert picks(chooser("random+limits", same, 3, seed=1), ground, [0], found) == []


def test_groups_are_capped_in_each_batch() -> None:
    ground = project_with(ground_of(8, topk=3), groups={"by": "camera", "most": 1}, near=None)
    cameras = Known(ground, [0] * 8, ["a"] * 6 + ["b", "b"])
    picked = picks(chooser("random+limits", cameras, 4, seed=1), ground, [], seen(ground, {}))
    assert sorted(n // 6 for n in picked) == [0, 1]


def test_a_share_of_images_in_which_nothing_is_found_is_picked_where_the_project_wants_it() -> None:
    ground = project_with(ground_of(8, topk=4), empty=0.25, near=None)
    own = chooser("entropy", Known(ground, [0] * 8), 4, seed=1)
    found = seen(ground, {n: 0.6 + 0.05 * n for n in range(7)})
    assert 7 in picks(own, ground, [], found)


def test_settings_are_those_of_the_projects_own_strategy_only() -> None:
    ground = project_with(
        ground_of(8, topk=3), use="entropy", control=0.5, **{"with": {"aggregate": "sum"}}
    )
    traits = Known(ground, SPREAD)
    assert chooser("entropy", traits, 3, seed=0).mine.with_ == {"aggregate": "sum"}
    assert chooser("margin", traits, 3, seed=0).mine.with_ == {}
    assert chooser("entropy", traits, 3, seed=0).mine.control == 0


@pytest.mark.parametrize("name", ["coreset", "hybrid", "deficit", "margin", "least-confidence"])
def test_every_strategy_fills_its_batch(name: str) -> None:
    ground = project_with(ground_of(8, topk=3), near=None)
    own = chooser(name, Known(ground, SPREAD), 3, seed=0)
    picked = picks(own, ground, [0, 1], seen(ground, {n: n / 10 for n in range(8)}))
    assert len(set(picked) - {0, 1}) == 3


def test_only_some_strategies_need_the_model_to_look() -> None:
    traits = Known(project_with(ground_of(8, topk=3)), SPREAD)
    needy = {
        n
        for n in ("random", "coreset", "entropy", "hybrid")
        if chooser(n, traits, 3, 0).needs_predictions
    }
    assert needy == {"entropy", "hybrid"}


def test_what_cannot_be_simulated_is_refused() -> None:
    refuse_unknown(["random", "random+limits", "hybrid"])
    with pytest.raises(SpecError, match="own mining is not simulated"):
        refuse_unknown(["executor"])
    with pytest.raises(PluginError, match="no mining plugin called `chance`"):
        refuse_unknown(["chance"])
