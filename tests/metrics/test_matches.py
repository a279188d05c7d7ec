from tests.metrics.scenes import LABELS, box, dataset
from ymir.metrics.boxes import sides
from ymir.metrics.evaluator import evaluate
from ymir.metrics.matches import MATCHES, matches


def rows(truth, predictions):
    both = sides(truth, predictions, labels=LABELS)
    table = matches(both, evaluate(both))
    assert table.schema == MATCHES
    return table.select("side", "index", "outcome", "score", "iou", "match").rows()


def test_every_box_of_both_sides_has_its_outcome_and_partner():
    truth = dataset(
        [box("dog"), box(at=(50, 0)), box(), box(at=(0, 90), size=(40, 40), crowd=True)]
    )
    found = dataset(
        [
            box(at=(200, 200), score=0.75),
            box(size=(10, 5), score=0.5),
            box(at=(10, 100), score=0.25),
        ]
    )
    assert rows(truth, found) == [
        ("truth", 1, "fn", None, None, None),
        ("truth", 2, "tp", 0.5, 0.5, 1),
        ("truth", 3, "ignored", None, None, None),
        ("prediction", 0, "fp", 0.75, None, None),
        ("prediction", 1, "tp", 0.5, 0.5, 2),
        ("prediction", 2, "ignored", 0.25, 1.0, 3),
    ]


def test_without_any_box_there_is_no_row():
    assert rows(dataset([]), dataset([])) == []


def test_the_second_prediction_of_a_box_is_wrong():
    found = dataset([box(score=0.25), box(score=0.5)])
    assert [row[2] for row in rows(dataset([box()]), found)] == ["tp", "fp", "tp"]
