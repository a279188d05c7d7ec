"""The album of a round's page shows what the report speaks of, under the same names."""

import pytest

from tests.report.rounds import LABELS, project, world
from ymir.report.album.candidates import round_album
from ymir.report.collect.pages import collect_round
from ymir.report.shown.album import MINED, TESTING
from ymir.report.shown.batches import PICKED

SLICES = {"helmets": {"labels": ["helmet_head"]}}


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("candidates")
    made = world(folder / "world", LABELS, report={"slices": SLICES})
    return project(folder / "rounds", made, (0.4, 0.6, 0.9))


@pytest.fixture(scope="module")
def report(record):
    return collect_round(record, 3)


@pytest.fixture(scope="module")
def album(record, report):
    return round_album(record, report)


def test_lists_of_the_report_are_groups_of_the_album(report, album):
    groups = {(each.kind, each.name): each.images for each in album.groups}
    named = {name: [album.images.id[row] for row in rows] for (_, name), rows in groups.items()}
    assert list(groups) == [("slice", "helmets"), ("change", "fixed"), ("change", "broken")]
    assert report.changes.fixed
    assert named["fixed"] == [each.image for each in report.changes.fixed]
    assert named["broken"] == [each.image for each in report.changes.broken]
    part = next(each for each in report.slices if each.kind == "declared")
    assert len(named["helmets"]) == part.images


def test_doubts_are_marked_in_the_order_of_the_report(report, album):
    assert report.doubts.shown
    marks = zip(album.doubts.row, album.doubts.kind, strict=True)
    marked = [(album.images.id[row], kind) for row, kind in marks]
    assert marked == [(each.image, each.kind) for each in report.doubts.shown]


def test_the_sets_are_those_of_the_report(report, album):
    sets = list(album.images.set)
    assert sets.count(TESTING) == report.images
    assert sets.count(MINED) == report.batch.mined
    notes = dict(zip(album.images.id, album.images.note, strict=True))
    for each in report.batch.shown:
        assert notes[each.image] == f"rank {each.rank}, score {each.score:.3g}: {each.why}"


def test_the_gallery_finds_images_by_how_they_were_picked(report, album):
    place = album.tags.index((PICKED, "mined"))
    by_tag = {album.images.id[row] for row, own in enumerate(album.images.tags) if place in own}
    assert by_tag == {each.image for each in report.batch.shown}


def test_a_page_knows_no_later_round(record):
    album = round_album(record, collect_round(record, 2))
    assert [each.round for each in album.candidates] == [2, 1]
    assert album.pages == ()


def test_a_round_that_has_not_mined_has_an_album_without(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "world"), (0.6,))
    for name in ("mined", "pool", "labelled"):
        (record.rounds[0].folder / f"{name}.parquet").unlink()
    album = round_album(record, collect_round(record, 1))
    assert set(album.images.set) == {TESTING}
    assert [each.name for each in album.candidates] == ["round 1"]
