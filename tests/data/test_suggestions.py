from ymir.data.suggestions import worth_showing
from ymir.data.table import table


def box(score):
    return {"label": "car", "x": 0, "y": 0, "w": 4, "h": 4, "score": score}


def scores(score, *found):
    images = table([{"image": "a", "objects": [box(each) for each in found]}])
    shown = worth_showing(images, score)
    assert shown.schema == images.schema
    return [each["score"] for each in shown["objects"][0]]


def test_people_see_what_the_model_is_sure_of_enough():
    assert scores(0.5, 0.75, 0.5, 0.375, 0.125) == [0.75, 0.5]


def test_an_image_with_doubts_only_begins_empty():
    assert scores(0.5, 0.25) == []


def test_where_no_score_is_known_nothing_is_left_out():
    assert scores(0.0, 0.75, 0.125) == [0.75, 0.125]
    assert scores(0.5, None) == [None]
