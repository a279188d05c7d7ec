import pytest

from tests.metrics.scenes import LABELS, box, dataset
from ymir.errors import DataError
from ymir.metrics.boxes import sides


def test_boxes_come_in_order_of_image_and_keep_their_place():
    truth = dataset([box("hat"), box("dog"), box("helmet_head")], [], [box()]).reverse()
    both = sides(truth, dataset([], [], []), labels=LABELS)
    assert both.truth.image.tolist() == [0, 0, 2]
    assert both.truth.label.tolist() == [2, 0, 0]
    assert both.truth.rows["index"].to_list() == [0, 2, 0]
    assert len(both.predictions) == 0


def test_an_image_without_a_row_of_predictions_is_an_error():
    with pytest.raises(DataError, match="1 images have no predictions"):
        sides(dataset([], []), dataset([]), labels=LABELS)


def test_an_image_that_the_truth_lacks_is_an_error():
    with pytest.raises(DataError, match="1 images have predictions but are not in the truth"):
        sides(dataset([]), dataset([], []), labels=LABELS)


def test_a_prediction_of_an_unknown_label_is_an_error():
    with pytest.raises(DataError, match="unknown labels: dog"):
        sides(dataset([]), dataset([box("dog", score=0.5)]), labels=LABELS)


@pytest.mark.parametrize("score", [None, float("nan"), 1.5])
def test_a_prediction_without_a_proper_score_is_an_error(score):
    with pytest.raises(DataError, match="needs a score"):
        sides(dataset([]), dataset([box(score=score)]), labels=LABELS)
