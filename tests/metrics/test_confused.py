from collections import Counter

import numpy as np
from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, scenes
from ymir.metrics.confused import CONFUSED, confused
from ymir.metrics.judge import judge


def behind(truth, found, threshold=None):
    scores, matches = judge(truth, found, labels=LABELS, resamples=2)
    return scores, confused(
        matches, labels=LABELS, threshold=scores.threshold if threshold is None else threshold
    )


def counted(table):
    names = (*LABELS, None)
    cells = Counter(table.select("label", "called").iter_rows())
    return tuple(tuple(cells[row, column] for column in names) for row in names)


@settings(max_examples=300, deadline=None)
@given(scenes())
def test_the_boxes_behind_a_cell_are_as_many_as_the_judge_counted(scene):
    scores, table = behind(*scene)
    assert counted(table) == scores.confusion
    assert table.schema == CONFUSED


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_each_box_stands_behind_one_cell(scene):
    truth, found = scene
    scores, table = behind(truth, found)
    for side, boxes in (("truth", truth), ("prediction", found)):
        known = table.drop_nulls(side).select("image", side)
        assert known.is_unique().all()
        for image, place in known.iter_rows():
            objects = boxes.filter(boxes["image"] == image)["objects"][0]
            each = objects[place]
            assert not each["crowd"]
            assert side == "truth" or each["score"] >= scores.threshold


def test_a_taken_box_is_named_with_what_took_it():
    truth = dataset([], [box("hat", at=(50, 50)), box(), box(at=(90, 0))])
    found = dataset([box("hat", score=0.9)], [box(score=0.9), box(at=(50, 50), score=0.8)])
    _, table = behind(truth, found, threshold=0.5)
    image, other = truth["image"]
    assert table.rows() == [
        (image, None, 0, None, "hat"),
        (other, 0, 1, "hat", "helmet_head"),
        (other, 1, 0, "helmet_head", "helmet_head"),
        (other, 2, None, "helmet_head", None),
    ]


def test_without_boxes_there_is_nothing_behind_the_matrix():
    _, table = behind(dataset([]), dataset([]))
    assert table.is_empty()
    assert table.schema == CONFUSED


def test_many_images_are_told_as_few_are():
    chance = np.random.default_rng(3)

    def side(**fields):
        return dataset(
            *[
                [
                    box(
                        str(chance.choice(LABELS)),
                        at=tuple(chance.integers(0, 20, 2)),
                        size=tuple(chance.integers(3, 12, 2)),
                        **{key: float(chance.choice(of)) for key, of in fields.items()},
                    )
                    for _ in range(chance.integers(0, 25))
                ]
                for _ in range(150)
            ]
        )

    scores, table = behind(side(), side(score=[0.2, 0.4, 0.6, 0.8]), threshold=None)
    assert counted(table) == scores.confusion
