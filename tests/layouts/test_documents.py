import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ymir.errors import DataError
from ymir.layouts.brackets import Brackets
from ymir.layouts.documents import lists_in, objects_of

texts = st.text(st.sampled_from('a"\\{}[],: \n\u00e9\u2028'), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
keys = st.sampled_from(["images", "annotations", "info", "cat egories"])
whole = st.dictionaries(keys, values | st.lists(values, max_size=6), max_size=4)
layouts = st.sampled_from([None, 1])


def taken(file, whole, piece=1 << 20):
    return {key: list(rows) for key, rows in lists_in(file, whole, piece).items()}


@settings(deadline=None)
@given(whole | st.lists(values, max_size=6), layouts, st.booleans(), st.integers(1, 99))
def test_a_large_file_says_what_a_small_one_says(
    tmp_path_factory, document, indent, is_ascii, piece
):
    file = tmp_path_factory.getbasetemp() / "document.json"
    file.write_text(json.dumps(document, indent=indent, ensure_ascii=is_ascii))
    assert taken(file, 0, piece) == taken(file, 1 << 20)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"images": [1, 2', "ends too early"),
        ('{"images": [1, 2]}]', "bracket too many"),
        ('{"images": ["a', "ends too early"),
        ('{"images": [1, 2 3]}', "cannot be read after byte 11"),
        ('{"images": [NaN]}', "cannot be read after byte 11"),
        ('{"images": [1,]}', "cannot be read after byte 11"),
    ],
)
def test_a_large_file_that_is_broken_is_named(tmp_path, text, why):
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(DataError, match=why) as caught:
        taken(file, 0)
    assert "broken.json" in str(caught.value)


def test_rows_that_lack_what_is_needed_are_wrong():
    wrong = DataError("wrong")
    assert list(objects_of([{"a": 1}], wrong, ["a"])) == [{"a": 1}]
    assert list(objects_of([], wrong)) == []
    for rows in ([], [{"b": 1}], [3]):
        with pytest.raises(DataError, match="wrong"):
            list(objects_of(rows, wrong, ["a"]))


def test_backslashes_count_over_the_seam_of_two_pieces():
    marks = Brackets(outermost=0)
    for piece in (b'["a\\', b"\\", b'\\"[', b'"', b"]"):
        list(marks.marks(piece))
    assert marks.are_closed
