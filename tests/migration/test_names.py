from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ymir.media.files import is_image
from ymir.migration.names import dataset_names, distinct, file_names
from ymir.spec.base import Name


@given(st.sets(st.text(max_size=200), max_size=8))
def test_every_branch_gets_a_name_of_its_own_that_specs_allow(branches):
    names = dataset_names(sorted(branches))
    assert set(names) == branches
    assert len(set(names.values())) == len(branches)
    for name in names.values():
        TypeAdapter(Name).validate_python(name)


@given(st.lists(st.text(max_size=300), max_size=8))
def test_every_image_gets_a_name_of_its_own_that_leads_nowhere(olds):
    assets = [(f"{at:040x}", old, 1 + at % 2) for at, old in enumerate(olds)]
    names = file_names(assets)
    assert len({name.casefold() for name in names.values()}) == len(olds)
    for name in names.values():
        assert PurePath(name).name == name
        assert is_image(name)
        assert name.isprintable()
        assert not name.startswith(".")
        assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("street 1.JPG", "street 1.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\data\\a.jpeg", "a.jpg"),
        ("/a/b/c.png", "c.jpg"),
        ("a\nb.jpg", "a_b.jpg"),
        ("..", f"{0:040x}.jpg"),
        ("", f"{0:040x}.jpg"),
        (".jpg", "jpg.jpg"),
    ],
)
def test_a_file_keeps_its_name_where_that_is_safe(old, new):
    assert file_names([(f"{0:040x}", old, 1)]) == {f"{0:040x}": new}


def test_names_that_differ_in_case_or_suffix_alone_are_told_apart():
    names = file_names([("a" * 40, "x.jpg", 1), ("b" * 40, "X.png", 2), ("c" * 40, "x.jpg", 1)])
    assert list(names.values()) == ["x.jpg", f"X-{'b' * 12}.png", f"x-{'c' * 12}.jpg"]


def test_a_number_tells_datasets_apart():
    assert dataset_names(["A b", "a-b", "a_b"]) == {"A b": "a-b", "a-b": "a-b-2", "a_b": "a-b-3"}
    assert distinct("x" * 70, {"x" * 64}) == "x" * 62 + "-2"
