from tests.metrics.scenes import box, dataset
from ymir.metrics.figures import figures
from ymir.metrics.judge import judge


def test_figures_are_flat_rounded_and_without_absent_classes():
    truth = dataset([box(), box(at=(30, 0)), box(at=(60, 0))])
    found = dataset([box(score=0.9)])
    scores, _ = judge(truth, found, labels=("helmet_head", "hat"))
    assert figures(scores, number=2, labels=80) == {
        "round": 2,
        "map": 0.3366,
        "map_50_95": 0.3366,
        "map_low": 0.3366,
        "map_high": 0.3366,
        "labels": 80,
        "per_class": {"helmet_head": 0.3366},
    }
