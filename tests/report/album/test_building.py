"""An album says of every box what the judge says of it."""

from collections import Counter
from dataclasses import replace
from itertools import accumulate

import numpy as np
import polars as pl
import pytest

from tests.report.rounds import World, drawn, guessed, project, spec, world
from ymir.data.answers import ANSWERS
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.report.album.building import Extras, album_of
from ymir.report.album.candidates import MOST_ROUNDS, candidates
from ymir.report.collect.picked import picked
from ymir.report.record import Judged
from ymir.report.shown.album import MINED, TESTING, TRAINING, Group
from ymir.report.shown.batches import Leak
from ymir.report.shown.quality import Changed, Changes, Doubt

NAMES = ("car", "bus", "van")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    return project(folder / "rounds", world(folder / "world", NAMES), (0.4, 0.6, 0.9))


@pytest.fixture(scope="module")
def album(record):
    return album_of(record.testing, candidates(record.rounds), NAMES, extras(record))


def extras(record):
    now = record.rounds[-1]
    tables = {name: now.table(name) for name in ("pool", "labelled", "training")}
    return Extras(mined=picked(now), **tables)


def boxes(album, candidate):
    """Row, label, score, hit and taken of each found box, and whether its image is of testing."""
    found = album.found[candidate]
    rows = np.repeat(np.arange(len(found.count)), found.count)
    is_testing = np.array(album.images.set)[rows] == TESTING
    columns = (rows, found.label, found.score, found.hit, found.taken)
    return [np.array(each)[is_testing] for each in columns]


def starts(album):
    return np.array([0, *accumulate(album.truth.count)])


@pytest.mark.parametrize("candidate", range(3))
def test_counts_per_class_are_those_of_the_judge(record, album, candidate):
    scores = record.rounds[-1 - candidate].testing
    rows, label, score, hit, _ = boxes(album, candidate)
    is_counted = score >= album.candidates[candidate].threshold
    hits = is_counted & (hit >= 0)
    found = np.zeros(len(album.truth.label), dtype=bool)
    found[starts(album)[rows[hits]] + hit[hits]] = True
    is_testing = np.repeat(np.array(album.images.set) == TESTING, album.truth.count)
    truth = np.array(album.truth.label)
    for place, each in enumerate(scores.per_class):
        mine = label == place
        missed = ~found & (truth == place) & is_testing
        assert (mine & hits).sum() == each.true_positives
        assert (mine & is_counted & (hit == -1)).sum() == each.false_positives
        assert missed.sum() == each.false_negatives


@pytest.mark.parametrize("candidate", range(3))
def test_what_took_what_is_the_confusion_matrix(record, album, candidate):
    scores = record.rounds[-1 - candidate].testing
    rows, label, _, _, taken = boxes(album, candidate)
    matrix = np.zeros((len(NAMES) + 1, len(NAMES) + 1), dtype=int)
    took = taken >= 0
    at = starts(album)[rows[took]] + taken[took]
    truth = np.array(album.truth.label)
    np.add.at(matrix, (truth[at], label[took]), 1)
    np.add.at(matrix, (len(NAMES), label[taken == -1]), 1)
    is_testing = np.repeat(np.array(album.images.set) == TESTING, album.truth.count)
    is_missed = is_testing & ~np.isin(np.arange(len(truth)), at)
    np.add.at(matrix, (truth[is_missed], len(NAMES)), 1)
    assert matrix.tolist() == [list(each) for each in scores.confusion]


def test_equal_records_make_equal_albums(record, album):
    again = album_of(record.testing, candidates(record.rounds), NAMES, extras(record))
    assert again == album


def test_the_first_candidate_is_the_newest_round(album):
    assert [each.round for each in album.candidates] == [3, 2, 1]
    assert [each.name for each in album.candidates] == ["round 3", "round 2", "round 1"]


def test_picked_images_carry_their_reason_their_labels_and_the_guesses(record, album):
    now = record.rounds[-1]
    rows = [row for row, of in enumerate(album.images.set) if of == MINED]
    assert [album.images.id[row] for row in rows] == now.table("mined")["image"].to_list()
    notes = [album.images.note[row] for row in rows]
    assert notes[:2] == [
        "rank 1, score 1.5: 4 boxes near the threshold",
        "rank 2, score 1.47: 4 boxes near the threshold",
    ]
    labelled = now.table("labelled")["objects"].list.len().to_list()
    assert [album.truth.count[row] for row in rows] == labelled
    assert sum(album.found[0].count[row] for row in rows) > 0
    assert all(each.count[row] == 0 for each in album.found[1:] for row in rows)


def test_guesses_on_picked_images_count_for_nothing(album):
    found = album.found[0]
    rows = np.repeat(np.arange(len(found.count)), found.count)
    guesses = np.array(album.images.set)[rows] == MINED
    assert set(np.array(found.hit)[guesses]) == {-2}
    assert set(np.array(found.taken)[guesses]) == {-2}
    assert np.array(found.score)[guesses].min() >= album.candidates[0].threshold / 2 - 0.001


def test_a_leaking_pair_stands_there_with_both_halves(record):
    now = record.rounds[-1]
    learned = now.table("training")
    held = record.testing["image"][0]
    pair = Leak("near", "testing", learned["image"][0], "a.png", held, "b.png", "3 bits", False)
    alien = Leak("group", "validation", "f" * 32, "lost.png", "e" * 32, "v.png", "site 4", True)
    more = Extras(training=learned, leaks=[pair, alien])
    album = album_of(record.testing, candidates(record.rounds), NAMES, more)
    at = {image: row for row, image in enumerate(album.images.id)}
    trained = at[pair.image]
    assert album.images.set[trained] == TRAINING
    assert album.images.note[trained] == "beside `b.png` of testing: 3 bits"
    assert album.truth.count[trained] == len(learned["objects"][0])
    assert album.images.set[at[held]] == TESTING
    assert album.images.note[at[held]] == "beside `a.png` of training: 3 bits"
    assert album.images.file[at["f" * 32]] == "lost.png"
    assert album.images.width[at["e" * 32]] == 0
    assert Counter(album.images.id).most_common(1)[0][1] == 1


def test_groups_and_doubts_name_rows(record):
    images = record.testing["image"].to_list()
    fixed = (Changed(images[4], "x", 0, 2), Changed(images[1], "x", 0, 1))
    changes = Changes("round 2", fixed, (Changed("0" * 32, "gone", 1, 0),), 2, 0)
    doubts = [
        Doubt("missing", images[2], "x", None, "car", 0.91, None, 1.04, 2, 3, 4),
        Doubt("wrong class", images[3], "x", "bus", "car", 0.8, 0.9, 1, 2, 3, 4),
        Doubt("badly placed", images[3], "x", "car", "car", 0.8, 0.31, 1, 2, 3, 4),
        Doubt("missing", "0" * 32, "gone", None, "car", 0.9, None, 1, 2, 3, 4),
    ]
    slices = {"night": pl.Series([images[3], images[0], "0" * 32])}
    more = Extras(slices=slices, changes=changes, doubts=doubts)
    album = album_of(record.testing, candidates(record.rounds), NAMES, more)
    assert [replace(each, images=list(each.images)) for each in album.groups] == [
        Group("slice", "night", [0, 3]),
        Group("change", "fixed", [4, 1]),
        Group("change", "broken", []),
    ]
    assert album.doubts.row == (2, 3, 3)
    assert album.doubts.x[0] == 1.0
    assert album.doubts.says == (
        "the model sees car (0.91) where no label is",
        "labelled bus, but the model sees car (0.80)",
        "the model sees car (0.80) beside its label: IoU 0.31 with the label",
    )


def test_tags_attributes_and_crowds_are_told():
    box = {"label": "car", "x": 1.26, "y": 2, "w": 30.5, "h": 4}
    people = {**box, "crowd": True, "attributes": [{"key": "hidden", "value": "yes"}]}
    other = {**box, "label": "tree"}
    tags = [{"key": "light", "value": "night"}, {"key": "site", "value": "4"}]
    truth = table(
        [
            {"image": "b" * 32, "objects": [other, people], "tags": tags},
            {"image": "a" * 32, "objects": [other, box, {**box, "x": 90.0}], "tags": tags[1:]},
            {"image": "c" * 32},
        ]
    )
    found = table([{"image": each * 32, "objects": [{**box, "score": 0.7}]} for each in "abc"])
    scores, matches = judge(truth, found, labels=["car"], resamples=2)
    album = album_of(truth, [Judged("m", None, scores, matches)], ["car"])
    assert album.tags == [("light", "night"), ("site", "4")]
    assert album.images.tags == [[0, 1], [1], []]
    assert album.attributes == [("hidden", "yes")]
    assert (album.truth.count, album.truth.crowd) == ([1, 2, 0], [1, 0, 0])
    assert album.truth.notes == [[0], [], []]
    assert (album.truth.x[0], album.truth.y[0], album.truth.w[0]) == (1.3, 2, 30.5)
    assert (album.found[0].count, album.found[0].hit) == ([1, 1, 1], [-2, 0, -1])


def test_no_score_crosses_the_threshold_or_a_bin(tmp_path):
    truth = drawn(tmp_path / "x", 30, seed=5, labels=NAMES).images
    found = guessed(truth, 0.6, 3, NAMES)
    scores, matches = judge(truth, found, labels=NAMES, resamples=2)
    rng = np.random.default_rng(0)
    is_found = pl.col("side") == "prediction"
    for threshold in (scores.threshold, 0.5, 0.050000001, *rng.random(20)):
        near = np.float32(threshold + rng.uniform(-0.002, 0.002, matches.height))
        moved = matches.with_columns(score=pl.when(is_found).then(pl.Series(near)).otherwise(None))
        judged = Judged("m", None, replace(scores, threshold=float(threshold)), moved)
        album = album_of(truth, [judged], NAMES)
        order = truth.select("image").with_row_index("row")
        exact = moved.filter(is_found).join(order, on="image").sort("row", "index")["score"]
        shown, real = np.array(album.found[0].score), exact.cast(pl.Float64).to_numpy()
        assert ((shown >= threshold) == (real >= threshold)).all()
        assert (np.floor(shown * 20 + 1e-9) == np.floor(real * 20)).all()
        assert np.abs(shown - real).max() < 0.001


def test_faint_boxes_are_left_out_and_that_is_said(record):
    judged = candidates(record.rounds)
    few = album_of(record.testing, judged, NAMES, most=20)
    whole = album_of(record.testing, judged, NAMES)
    assert whole.left_out == ""
    for place, each in enumerate(few.candidates):
        shown, all_scores = few.found[place].score, whole.found[place].score
        sure = [score for score in all_scores if score >= each.threshold]
        assert len(sure) <= len(shown) < len(all_scores)
        assert sorted(shown, reverse=True)[: len(sure)] == sorted(sure, reverse=True)
        assert f"boxes that {each.name} scored" in few.left_out


def test_older_rounds_are_left_to_their_own_pages(record):
    assert [each.round for each in candidates(record.rounds, most=60)] == [3, 2]
    assert [each.round for each in candidates(record.rounds, most=0)] == [3, 2]


def test_a_page_shows_no_more_rounds_side_by_side_however_many_there_were(record):
    many = tuple(replace(record.rounds[0], number=number) for number in range(1, 101))
    shown = [each.round for each in candidates(many)]
    assert shown == list(range(100, 100 - MOST_ROUNDS, -1))
    pages = [(number, f"r{number}.html") for number in (1, 2, 3)]
    judged = candidates(record.rounds, most=0)
    album = album_of(record.testing, judged, NAMES, Extras(pages=pages))
    assert album.pages == ((1, "r1.html"),)


def test_absent_tables_and_empty_sets_break_nothing(record, tmp_path):
    mined = picked(record.rounds[-1])
    album = album_of(record.testing, [], NAMES, Extras(mined=mined))
    assert (album.candidates, album.found) == ((), ())
    assert album.images.file[-1] == ""
    assert album.images.width[-1] == 0
    bare = album_of(record.testing.clear(), [], NAMES)
    assert (bare.images.id, bare.truth.count) == ([], [])
    blank = table([{"image": "a" * 32}])
    scores, matches = judge(blank, blank, labels=NAMES, resamples=2)
    album = album_of(blank, [Judged("m", None, scores, matches)], NAMES)
    assert (album.images.width, album.found[0].count, album.truth.count) == ([0], [0], [0])


def test_a_tag_that_differs_from_image_to_image_is_left_out_and_that_is_said():
    rows = [
        {
            "image": f"{n:032x}",
            "tags": [{"key": "gps", "value": str(n)}, {"key": "a", "value": "b"}],
        }
        for n in range(201)
    ]
    album = album_of(table(rows), [], ["car"])
    assert album.tags == [("a", "b")]
    assert album.images.tags == [[0]] * 201
    assert album.left_out == "the tag `gps` has too many values to choose from"
    assert len(album_of(table(rows[:-1]), [], ["car"]).tags) == 201


def test_numbers_that_are_none_are_drawn_nowhere():
    box = {"label": "car", "x": float("nan"), "y": float("inf"), "w": 3e9, "h": -1}
    album = album_of(table([{"image": "a" * 32, "objects": [box]}]), [], ["car"])
    assert (album.truth.x, album.truth.y, album.truth.h) == ([0], [0], [-1])


def test_hostile_names_pass_as_they_are(tmp_path):
    names = ("</script><b>", "مرحبا", "a" * 128, "x`y;z")
    made = World(
        spec(names),
        *(drawn(tmp_path / str(seed), 6, seed=seed, labels=names) for seed in (1, 2, 3)),
    )
    record = project(tmp_path / "rounds", made, (0.5, 0.9))
    album = album_of(record.testing, candidates(record.rounds), names, extras(record))
    assert album.classes == names
    assert len(album.found) == 2


def test_picked_images_say_what_became_of_them_in_their_batch(record):
    more = extras(record)
    picked = more.mined.sort("rank")["image"].to_list()
    rows = [(picked[0], "labelled"), (picked[0], "skipped"), (picked[1], "labelled")]
    rows += [(picked[2], "skipped"), (picked[3], "rejected")]
    plain = {"copy": 1, "objects": [], "star": False}
    answers = [{**plain, "image": image, "state": state} for image, state in rows]
    with_box = {"objects": [{"label": "car", "x": 1.0, "y": 1.0, "w": 9.0, "h": 9.0}]}
    drawn_ = [
        row | (with_box if row["image"] == picked[0] else {"objects": []})
        for row in more.labelled.filter(pl.col("image").is_in(picked[:2])).to_dicts()
    ]
    more = replace(more, labelled=table(drawn_), answers=pl.DataFrame(answers, schema=ANSWERS))
    album = album_of(record.testing, candidates(record.rounds), NAMES, more)
    place = {image: at for at, image in enumerate(album.images.id)}
    said = [dict(album.tags[tag] for tag in album.images.tags[place[image]]) for image in picked]
    became = [each["labels returned"] for each in said]
    assert became[:4] == ["labelled", "empty", "skipped", "rejected"]
    assert set(became[4:]) == {"outstanding"}
    judged = [at for at, one in enumerate(album.images.set) if one == TESTING]
    tags = {album.tags[tag][0] for at in judged for tag in album.images.tags[at]}
    assert "labels returned" not in tags
