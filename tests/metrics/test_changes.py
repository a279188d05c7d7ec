from hypothesis import given, settings

from tests.metrics.scenes import LABELS, box, dataset, scenes
from ymir.metrics.changes import compared, errors
from ymir.metrics.judge import judge


def counted(truth, found, threshold=None):
    scores, matches = judge(truth, found, labels=LABELS, resamples=2)
    at = scores.threshold if threshold is None else threshold
    return scores, errors(truth["image"], matches, threshold=at)


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_the_errors_of_all_images_are_those_that_the_judge_counts(scene):
    scores, table = counted(*scene)
    wrong = sum(each.false_positives + each.false_negatives for each in scores.per_class)
    assert table["errors"].sum() == wrong
    assert table["image"].to_list() == scene[0]["image"].to_list()


def test_an_error_is_what_is_missed_and_what_is_invented():
    truth = dataset([box(), box("hat", at=(50, 0))], [box(crowd=True)], [])
    found = dataset([box(score=0.9)], [box(score=0.9)], [box(score=0.9), box(score=0.2)])
    _, table = counted(truth, found, threshold=0.5)
    assert table["errors"].to_list() == [1, 0, 1]
    _, table = counted(truth, found, threshold=0.95)
    assert table["errors"].to_list() == [2, 0, 0]


def test_images_whose_errors_differ_are_told_the_largest_difference_first():
    truth = dataset([box()], [box(), box(at=(50, 0))], [box()], [])
    one = dataset([], [], [box(score=0.9)], [])
    other = dataset([box(score=0.9)], [box(score=0.9), box(at=(50, 0), score=0.9)], [], [])
    _, before = counted(truth, one, threshold=0.5)
    _, now = counted(truth, other, threshold=0.5)
    names = truth["image"].to_list()
    assert compared(now, before).rows() == [
        (names[1], 0, 2),
        (names[0], 0, 1),
        (names[2], 1, 0),
    ]
    assert compared(now, now).is_empty()
