from dataclasses import replace

import polars as pl

from tests.metrics.scenes import LABELS, box, dataset, name
from tests.report.collect.test_slices import recorded, scattered
from tests.report.rounds import project, world
from ymir.data.table import table
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.doubts import MOST, doubts
from ymir.report.shown.quality import Doubt


def drawn(images, **missing):
    """The same images, of which people forgot the first box of some."""
    rows = images.to_dicts()
    for place, row in enumerate(rows):
        row["file"] = f"{place}.jpg"
        if place in missing.get("of", ()):
            row["objects"].pop(0)
    return table(rows)


def test_labels_that_people_forgot_are_doubted(tmp_path):
    testing = drawn(scattered(30), of=[3])
    now = recorded(tmp_path, testing, scattered(30, score=0.875))
    found = doubts(testing, now)
    assert found.count == 1
    assert found.shown == (
        Doubt("missing", name(3), "3.jpg", None, LABELS[0], 0.875, None, 0, 0, 20, 20),
    )


def test_labels_that_nobody_doubts_are_not_shown(tmp_path):
    testing = scattered(10)
    found = doubts(testing, recorded(tmp_path, testing, scattered(10, score=0.9)))
    assert (found.shown, found.count) == ((), 0)


def test_the_surest_are_shown_and_all_are_counted(tmp_path):
    forgotten = range(MOST + 20)
    testing = drawn(scattered(1000), of=forgotten)
    said = dataset(
        *[
            [box(LABELS[0], size=(20, 20), score=0.9 - place / 2500)]
            for place in range(testing.height)
        ]
    )
    found = doubts(testing, recorded(tmp_path, testing, said))
    assert (len(found.shown), found.count) == (MOST, len(forgotten))
    assert found.shown[0].image == name(0)
    scores = [each.score for each in found.shown]
    assert scores == sorted(scores, reverse=True)


def test_a_round_as_loops_leave_it_can_be_doubted(tmp_path):
    made = world(tmp_path / "scenes")
    (now,) = project(tmp_path / "rounds", made, (0.9,)).rounds
    found = doubts(made.testing.images, now)
    assert len(found.shown) == found.count
    assert {each.image for each in found.shown} <= set(made.testing.images["image"])


def test_doubts_say_which_images_people_have_or_had_again(tmp_path):
    testing = drawn(scattered(30), of=[3, 4, 5])
    now = recorded(tmp_path, testing, scattered(30, score=0.875))
    out = sent_again(now, tmp_path / "out", 2, [name(3)], labelled=None)
    home = sent_again(now, tmp_path / "home", 1, [name(4), name(7)], labelled=testing)
    found = doubts(testing, now, [home, out])
    assert (found.count, found.with_people, found.labelled_again) == (3, 1, 1)
    assert {each.image: each.again for each in found.shown} == {
        name(3): 0,
        name(4): 1,
        name(5): None,
    }


def sent_again(now, folder, number, images, labelled):
    """A round that took these images back; they are home if they are `labelled`."""
    folder.mkdir()
    origin = pl.lit("site-test")
    mined = pl.DataFrame({"image": images}).with_columns(
        origin=origin, rank=1, score=0.0, why=pl.lit("listed")
    )
    mined.write_parquet(folder / "mined.parquet")
    versions = {"mine": Version(Recipe("mine", {}, {}), "m", facts={"relabel": len(images)})}
    if labelled is not None:
        labelled.write_parquet(folder / "corrected.parquet")
        versions["label"] = Version(Recipe("label", {}, {}), "l")
    return replace(now, number=number, folder=folder, versions=versions)
