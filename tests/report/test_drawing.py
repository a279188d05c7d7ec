"""A drawing is a copy of its image with boxes on it."""

import numpy as np
from PIL import Image

from ymir.report.drawing import draw_boxes

OBJECT = {"label": "head", "x": 0.0, "y": 0.0, "w": 40.0, "h": 30.0, "score": 0.5}


def test_boxes_are_drawn_and_the_rest_stays(tmp_path):
    image = tmp_path / "a.png"
    Image.new("RGB", (900, 100), "black").save(image)
    draw_boxes(image, [OBJECT], ["head"], tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as drawing:
        pixels = np.asarray(drawing)
    assert drawing.format == "PNG"
    assert pixels[20, 0].any()
    assert not pixels[60:, :].any()
    assert drawing.size == (900, 100)


def test_a_small_grey_image_and_a_label_that_does_not_fit_are_no_trouble(tmp_path):
    image = tmp_path / "a.jpg"
    Image.new("L", (20, 20), 128).save(image)
    label = "naïve 👷 שלום " * 9
    draw_boxes(image, [{**OBJECT, "label": label}], [label], tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as drawing:
        assert (drawing.mode, drawing.size) == ("RGB", (800, 800))
