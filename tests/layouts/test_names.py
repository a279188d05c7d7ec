import pytest

from ymir.layouts.names import Names, NoImageError

NAMES = Names.of(["images/a.jpg", "b.jpg", "x/c.jpg", "y/c.jpg", "images/day/d.jpg", "x/E.JPG"])


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("a.jpg", "images/a.jpg"),
        ("images/a.jpg", "images/a.jpg"),
        ("./b.jpg", "b.jpg"),
        ("day\\d.jpg", "images/day/d.jpg"),
        ("d.jpg", "images/day/d.jpg"),
        ("E.JPG", "x/E.JPG"),
    ],
)
def test_an_image_is_found_by_what_tools_call_it(written, image):
    assert NAMES.find(written) == image


def test_of_images_of_one_name_the_near_one_is_meant():
    assert NAMES.find("c.jpg", "y") == "y/c.jpg"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("c.jpg", "more than one file"),
        ("e.jpg", "no file of this name"),
        ("day/a.jpg", "no file of this name"),
        ("../b.jpg", "leads out"),
        ("/b.jpg", "leads out"),
        ("C:/b.jpg", "leads out"),
        ("", "no `file_name`"),
        (None, "no `file_name`"),
        (7, "no `file_name`"),
        ("b.jpg\0", "no file of this name"),
    ],
)
def test_a_name_that_is_none_is_not_guessed(written, why):
    with pytest.raises(NoImageError, match=why):
        NAMES.find(written)
