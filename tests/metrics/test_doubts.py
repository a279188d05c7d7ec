import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, name, scenes
from ymir.metrics.doubts import DOUBTS, by_image, confident_from, doubts
from ymir.metrics.judge import judge
from ymir.metrics.matches import MATCHES

SIZE = 40.0


def contradicted(truth, found):
    scores, matches = judge(truth, found, labels=LABELS, resamples=2)
    return doubts(matches, labels=LABELS, threshold=scores.threshold)


def plain(images=60):
    """One box per class and image, found with certainty."""
    truth = [
        [
            box(label, at=(200.0 * place, 0.0), size=(SIZE, SIZE))
            for place, label in enumerate(LABELS)
        ]
        for _ in range(images)
    ]
    found = [[{**each, "score": 0.9} for each in image] for image in truth]
    return truth, found


def test_each_kind_of_wrong_label_is_named():
    truth, found = plain()
    del truth[3][1]
    truth[5][0]["label"] = LABELS[1]
    truth[7][2]["x"] += SIZE * 0.6
    table = contradicted(dataset(*truth), dataset(*found))
    rows = table.select("kind", "image", "truth", "label", "prediction", "said").rows()
    assert rows == [
        ("missing", name(3), None, None, 1, LABELS[1]),
        ("wrong class", name(5), 0, LABELS[1], 0, LABELS[0]),
        ("badly placed", name(7), 2, LABELS[2], 2, LABELS[2]),
    ]
    assert table["iou"].to_list() == [None, 1, pytest.approx(0.25)]
    assert table.select(*"xywh").row(1) == (0, 0, SIZE, SIZE)
    assert table.schema == DOUBTS


def test_an_image_is_looked_at_again_for_its_surest_doubt():
    truth, found = plain()
    del truth[3][1]
    truth[5][0]["label"] = LABELS[1]
    truth[7][2]["x"] += SIZE * 0.6
    del truth[7][0]
    found[7][0]["score"] = 0.95
    found[5][0]["score"] = 0.931
    one, other, third = LABELS[:3]
    table = by_image(contradicted(dataset(*truth), dataset(*found)))
    assert table.select("image", "why").rows() == [
        (name(7), f"suspicious label: {one} missing, 0.95"),
        (name(5), f"suspicious label: {other} looks like {one}, 0.93"),
        (name(3), f"suspicious label: {other} missing, 0.9"),
    ]
    truth, found = plain()
    truth[7][2]["x"] += SIZE * 0.6
    assert by_image(contradicted(dataset(*truth), dataset(*found)))["why"].to_list() == [
        f"suspicious label: {third} badly placed, 0.9"
    ]
    assert by_image(DOUBTS.to_frame()).is_empty()


def test_most_planted_mistakes_are_found_and_few_others():
    chance = np.random.default_rng(4)
    truth, found, planted = [], [], set()
    for place in range(300):
        boxes, said = [], []
        for row in range(4):
            size = chance.uniform(30, 60, 2)
            at = (100 * row + chance.uniform(0, 20), chance.uniform(0, 200))
            each = box(str(chance.choice(LABELS)), at=at, size=tuple(size))
            boxes.append(each)
            if chance.random() < 0.93:
                x, y, w, h = (each[key] for key in "xywh")
                slip = chance.normal(0, 0.05, 4)
                said.append(
                    box(
                        each["label"],
                        at=(x + slip[0] * w, y + slip[1] * h),
                        size=(w * np.exp(slip[2]), h * np.exp(slip[3])),
                        score=float(chance.beta(9, 2)),
                    )
                )
            if chance.random() < 0.08:
                at = tuple(chance.uniform(0, 400, 2))
                said.append(
                    box(
                        str(chance.choice(LABELS)), at, (20.0, 20.0), score=float(chance.beta(2, 5))
                    )
                )
        if place % 5 == 0:
            wrong = boxes[place % 4]
            kind = ("missing", "wrong class", "badly placed")[place // 5 % 3]
            planted.add((kind, name(place)))
            if kind == "missing":
                boxes.remove(wrong)
            elif kind == "wrong class":
                wrong["label"] = LABELS[(LABELS.index(wrong["label"]) + 1) % 3]
            else:
                wrong["x"] += 0.6 * wrong["w"]
        truth.append(boxes)
        found.append(said)
    table = contradicted(dataset(*truth), dataset(*found))
    told = set(table.select("kind", "image").rows())
    assert len(told & planted) >= 0.75 * len(planted)
    assert len(told & planted) >= 0.8 * table.height


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_a_doubt_is_of_a_prediction_that_finds_nothing_and_a_box_that_nothing_found(scene):
    scores, matches = judge(*scene, labels=LABELS, resamples=2)
    table = doubts(matches, labels=LABELS, threshold=scores.threshold)
    assert table.schema == DOUBTS
    assert table.select("image", "prediction").is_unique().all()
    assert table["score"].is_sorted(descending=True)
    sides = {
        (row["image"], row["side"], row["index"]): row for row in matches.iter_rows(named=True)
    }
    for row in table.iter_rows(named=True):
        said = sides[row["image"], "prediction", row["prediction"]]
        assert said["outcome"] == "fp"
        assert said["score"] >= scores.threshold
        assert (row["truth"] is None) == (row["kind"] == "missing") == (row["iou"] is None)
        if row["truth"] is not None:
            held = sides[row["image"], "truth", row["truth"]]
            assert held["outcome"] == "fn" or held["score"] < scores.threshold
            assert (held["label"] == said["label"]) == (row["kind"] == "badly placed")
            assert (row["iou"] >= 0.5) == (row["kind"] == "wrong class")


def test_what_is_found_twice_is_doubted_once():
    truth, found = plain()
    del truth[3][1]
    found[3].append({**found[3][1], "x": found[3][1]["x"] + 3, "score": 0.95})
    truth[5][0]["label"] = LABELS[1]
    found[5].append({**found[5][0], "x": 3.0, "score": 0.95})
    table = contradicted(dataset(*truth), dataset(*found))
    assert table.select("kind", "image", "prediction").rows() == [
        ("missing", name(3), 3),
        ("wrong class", name(5), 3),
    ]


def test_what_lies_in_a_crowd_is_not_missing():
    truth, found = plain()
    truth[3].append(box(LABELS[0], at=(600.0, 0.0), size=(200.0, 200.0), crowd=True))
    found[3].append(box(LABELS[1], at=(650.0, 50.0), size=(SIZE, SIZE), score=0.9))
    assert contradicted(dataset(*truth), dataset(*found)).is_empty()


def test_a_class_that_is_often_wrong_raises_no_doubts():
    truth, found = plain()
    for place, image in enumerate(found):
        if place % 3 == 0:
            image.append(box(LABELS[0], at=(600.0, 0.0), size=(SIZE, SIZE), score=0.9))
    assert contradicted(dataset(*truth), dataset(*found)).is_empty()


def test_confidence_begins_where_precision_stays_high():
    score = np.array([0.9, 0.8, 0.8, 0.7, 0.6])
    assert confident_from(score, np.array([True, True, True, False, True])) == 0.8
    assert confident_from(score, np.array([True, True, False, False, True])) == 0.9
    assert confident_from(score, np.array([False] * 5)) is None
    assert confident_from(np.array([]), np.array([], dtype=bool)) is None
    assert doubts(pl.DataFrame(schema=MATCHES), labels=LABELS, threshold=0.5).is_empty()
