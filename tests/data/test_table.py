import pytest
from hypothesis import given, settings

from tests.data.tables import tables
from ymir.data.table import SCHEMA, by_image, check, counts, fingerprints, objects_of, table
from ymir.errors import DataError

BOX = {"label": "car", "x": 1, "y": 2, "w": 3, "h": 4}


def test_what_a_row_leaves_out_is_empty():
    (row,) = table([{"image": "a", "objects": [BOX]}]).to_dicts()
    assert (row["tags"], row["objects"][0]["score"], row["objects"][0]["attributes"]) == (
        [],
        None,
        [],
    )


@settings(deadline=None)
@given(tables)
def test_counts_add_up(images):
    found = counts(images)
    assert found["images"] == images.height
    assert found["boxes"] == objects_of(images).height == sum(found["per_class"].values())
    assert found["unlabelled"] == sum(not row["objects"] for row in images.to_dicts())


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(DataError, match="width"):
        check(SCHEMA.to_frame().drop("width"))
    with pytest.raises(DataError, match="twice"):
        check(table([{"image": "a"}, {"image": "a"}]))


def test_fingerprints_ignore_order_and_nothing_else():
    other = {**BOX, "crowd": True}
    same = table([{"image": "a", "objects": [BOX, other]}, {"image": "b", "objects": [other, BOX]}])
    assert fingerprints(same).n_unique() == 1
    tagged = {**BOX, "attributes": [{"key": "pose", "value": "sits"}]}
    again = {**BOX, "attributes": [{"key": "pose", "value": "lies"}]}
    lists = [[], [BOX], [other], [tagged], [again], [BOX, BOX], [tagged, again]]
    differ = table({"image": f"{n}", "objects": each} for n, each in enumerate(lists))
    assert fingerprints(differ).n_unique() == len(lists)


@pytest.mark.parametrize(
    "names",
    [
        ["f" * 32, "0" * 32, "0" * 16 + "1" * 16, "0" * 16 + "f" * 16],
        ["b", "a", "", "Zebra", "é"],
        ["0" * 31 + "A", "0" * 31 + "9", "0" * 16 + "f" * 16, "f" * 15 + "!" * 17],
        ["b" * 32, "a" * 32, "b" * 32],
    ],
    ids=["digests that begin alike", "no digests", "some of each", "twice the same"],
)
def test_rows_stand_in_the_order_of_their_digests(names):
    rows = table({"image": name, "file": f"{at}"} for at, name in enumerate(names))
    assert by_image(rows).equals(rows.sort("image", maintain_order=True))
    assert by_image(by_image(rows)).equals(by_image(rows))
