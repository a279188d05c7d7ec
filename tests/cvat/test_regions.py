import orjson
import pytest

from ymir.cvat.regions import RegionError, RejectedError, boxed
from ymir.cvat.replies import Shape
from ymir.cvat.settings import Settings


def settings(**given):
    return Settings.model_validate(
        {"url": "https://cvat.example", "token": {"env": "CVAT_TOKEN"}, **given}
    )


def shape(kind, *points, rotation=0.0):
    return Shape(frame=0, label_id=1, type=kind, points=list(points), rotation=rotation)


def sides(drawn, **given):
    row = boxed(drawn, "helmet", settings(**given))
    return tuple(round(row[side], 2) for side in "xywh")


def test_a_rectangle_is_a_box():
    assert boxed(shape("rectangle", 10, 20, 40, 30), "helmet", settings()) == {
        "label": "helmet",
        "x": 10,
        "y": 20,
        "w": 30,
        "h": 10,
    }


def test_corners_in_another_order_are_the_same_box():
    assert sides(shape("rectangle", 40, 30, 10, 20)) == (10, 20, 30, 10)


def test_a_turned_rectangle_is_the_upright_box_around_it():
    """Turned about its centre: by a quarter, its sides change places."""
    assert sides(shape("rectangle", 10, 20, 40, 30, rotation=90)) == (20, 10, 10, 30)
    assert sides(shape("rectangle", 10, 20, 40, 30, rotation=180)) == (10, 20, 30, 10)
    assert sides(shape("rectangle", 0, 0, 10, 10, rotation=45)) == (-2.07, -2.07, 14.14, 14.14)


def test_a_turned_rectangle_keeps_its_outline_where_that_is_asked_for():
    drawn = shape("rectangle", 10, 20, 40, 30, rotation=90)
    row = boxed(drawn, "helmet", settings(rotated="polygon"))
    assert orjson.loads(row["mask"]) == [[30, 10, 30, 40, 20, 40, 20, 10]]
    assert "mask" not in boxed(shape("rectangle", 1, 2, 3, 4), "h", settings(rotated="polygon"))


def test_a_polygon_is_the_box_around_it_with_its_outline_where_that_is_asked_for():
    drawn = shape("polygon", 10, 10, 30, 15, 20, 40)
    assert sides(drawn) == (10, 10, 20, 30)
    row = boxed(drawn, "helmet", settings(polygons="mask"))
    assert orjson.loads(row["mask"]) == [[10, 10, 30, 15, 20, 40]]


def test_an_ellipse_is_the_box_around_it():
    """Its points are the centre, then how far right and how far up it goes."""
    drawn = shape("ellipse", 50, 40, 70, 30)
    assert sides(drawn) == (30, 30, 40, 20)
    assert sides(shape("ellipse", 50, 40, 70, 30, rotation=90)) == (40, 20, 20, 40)


def test_a_mask_ends_with_the_first_and_last_pixels_of_its_box():
    assert sides(shape("mask", 0, 4, 2, 3, 5, 6, 7, 8)) == (5, 6, 3, 3)


@pytest.mark.parametrize(
    ("drawn", "rule"),
    [
        (shape("rectangle", 0, 0, 9, 9, rotation=5), {"rotated": "reject"}),
        (shape("polygon", 0, 0, 9, 9, 0, 9), {"polygons": "reject"}),
        (shape("ellipse", 5, 5, 9, 0), {"polygons": "reject"}),
        (shape("mask", 9, 0, 0, 2, 2), {"polygons": "reject"}),
    ],
)
def test_what_the_spec_does_not_want_rejects_the_image(drawn, rule):
    with pytest.raises(RejectedError, match="is drawn on it"):
        boxed(drawn, "helmet", settings(**rule))


@pytest.mark.parametrize("kind", ["polyline", "points", "cuboid", "skeleton", "hologram"])
def test_what_is_no_box_is_a_mistake(kind):
    with pytest.raises(RegionError, match=f"a {kind} of `helmet` is no box"):
        boxed(shape(kind, 1, 2, 3, 4), "helmet", settings())


@pytest.mark.parametrize(
    "drawn",
    [
        shape("rectangle"),
        shape("rectangle", 1, 2, 3),
        shape("polygon", 1, 2, 3, 4),
        shape("polygon", 1, 2, 3, 4, 5, 6, 7),
        shape("ellipse", 1, 2),
        shape("mask", 1, 2, 3),
    ],
)
def test_a_shape_without_its_numbers_is_a_mistake(drawn):
    with pytest.raises(RegionError, match="numbers"):
        boxed(drawn, "helmet", settings())
