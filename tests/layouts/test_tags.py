import pytest

from tests.media.pictures import put
from ymir.errors import DataError
from ymir.layouts.tags import read_tags

NAMES = ("a.jpg", "images/b.jpg", "x/c.jpg", "y/c.jpg")
DIM = {"key": "light", "value": "dim"}
NORTH = {"key": "camera", "value": "north"}


def tags(folder, text):
    put(folder / "tags.csv", text)
    return read_tags(folder, NAMES)


def test_a_row_may_be_a_tag(tmp_path):
    found = tags(
        tmp_path, "image,key,value\na.jpg,light,dim\na.jpg,camera,north\nb.jpg,light,dim\n"
    )
    assert found.of == {"a.jpg": (DIM, NORTH), "images/b.jpg": (DIM,)}
    assert found.unknown == ()


def test_a_column_may_be_a_tag(tmp_path):
    found = tags(
        tmp_path, "image, light ,camera\r\na.jpg,dim,north\r\n\r\nimages/b.jpg, ,north\r\n"
    )
    assert found.of == {"a.jpg": (DIM, NORTH), "images/b.jpg": (NORTH,)}


def test_a_tag_that_stands_twice_is_one_tag_and_two_values_are_two(tmp_path):
    text = "image,key,value\na.jpg,light,dim\na.jpg,light,dim\na.jpg,light,flash\n"
    assert tags(tmp_path, text).of == {"a.jpg": (DIM, {"key": "light", "value": "flash"})}


def test_names_that_no_image_has_or_two_have_are_told(tmp_path):
    text = "image,light\nc.jpg,dim\ngone.jpg,dim\n../a.jpg,dim\ngone.jpg,dark\nx/c.jpg,dim\n"
    found = tags(tmp_path, text)
    assert found.unknown == ("c.jpg", "gone.jpg", "../a.jpg")
    assert found.of == {"x/c.jpg": (DIM,)}


def test_quotes_unicode_and_the_mark_of_spreadsheets_are_understood(tmp_path):
    found = tags(tmp_path, '\ufeffimage,"wo, genau"\na.jpg,"Th\u00fcr ""7"""\n')
    assert found.of == {"a.jpg": ({"key": "wo, genau", "value": 'Th\u00fcr "7"'},)}


def test_a_dataset_without_the_table_has_no_tags_from_it(tmp_path):
    assert not read_tags(tmp_path, NAMES).of


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no table of tags"),
        ("image\na.jpg\n", "is no table of tags"),
        ("file,light\na.jpg,dim\n", "is no table of tags"),
        ("image;light\na.jpg;dim\n", "is no table of tags"),
        ("image,light,\na.jpg,dim,\n", "is no table of tags"),
        ("image,light,light\na.jpg,dim,dim\n", "is no table of tags"),
        ("image,light\na.jpg,dim\na.jpg\n", "line 3: 1 cells, not 2"),
        ("image,light\na.jpg,dim,north\n", "line 2: 3 cells, not 2"),
        ("image,light\n,dim\n", "line 2: no name"),
        ("image,key,value\na.jpg,,dim\n", "line 2: no name"),
        ('image,light\na.jpg,"dim\n', "line 2: "),
        ("image,light\na.jpg," + "x" * 200_000, "line 2: field larger"),
        (b"image,light\na.jpg,\xff\n", "is not UTF-8"),
    ],
)
def test_a_wrong_table_is_an_error_that_names_the_line(tmp_path, text, why):
    with pytest.raises(DataError, match=why) as caught:
        tags(tmp_path, text)
    assert "tags.csv" in str(caught.value)
