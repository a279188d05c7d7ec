import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from tests.data.tables import tables
from tests.media.pictures import put
from ymir.data.table import OBJECT, check, table
from ymir.errors import StoreError
from ymir.media.tables import images_in, read_table, write_table


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_writing_then_reading_changes_nothing_and_equal_tables_make_equal_bytes(tmp_path, images):
    write_table(images, tmp_path / "a.parquet")
    write_table(images.clone(), tmp_path / "b.parquet")
    assert check(read_table(tmp_path / "a.parquet")).equals(images)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_equal_tables_make_equal_bytes_however_they_were_put_together(tmp_path):
    box = {"x": 1, "y": 2, "w": 3, "h": 4}
    few = table(
        {"image": f"{n}", "objects": [{**box, "label": f"c{k}"} for k in range(n % 8)]}
        for n in range(3000)
    )
    whole = pl.concat([few] * 20, rechunk=True)
    parts = pl.concat([whole.slice(at, 700) for at in range(0, whole.height, 700)], rechunk=False)
    within = pl.concat([whole, whole], rechunk=True).head(whole.height)
    contents = set()
    for each in (whole, parts, within):
        write_table(each, tmp_path / "a.parquet")
        contents.add((tmp_path / "a.parquet").read_bytes())
    assert len(contents) == 1
    assert read_table(tmp_path / "a.parquet").equals(whole)


def test_what_no_object_has_is_not_stored_and_is_there_again_when_read(tmp_path):
    box = {"label": "car", "x": 1, "y": 2, "w": 3, "h": 4}
    said = [
        {"score": 0.5},
        {"crowd": True},
        {"mask": "[]"},
        {"attributes": [{"key": "pose", "value": "sits"}]},
    ]
    for more in ({}, *said):
        images = table([{"image": "a", "objects": [box, {**box, **more}]}, {"image": "b"}])
        write_table(images, tmp_path / "a.parquet")
        stored = pl.read_parquet_schema(tmp_path / "a.parquet")["objects"]
        assert stored == pl.List(pl.Struct([*OBJECT.fields[:5], *_fields(more)]))
        assert check(read_table(tmp_path / "a.parquet")).equals(images)


def _fields(names):
    return [field for field in OBJECT.fields if field.name in names]


@pytest.mark.parametrize("objects", [[None], [[None]], [[]], []])
def test_objects_that_are_null_stay_null(tmp_path, objects):
    images = pl.DataFrame({"objects": pl.Series(objects, dtype=pl.List(OBJECT))})
    write_table(images, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").to_dicts() == images.to_dicts()


def test_a_table_that_was_stored_with_all_fields_or_is_of_another_kind_reads_as_it_is(tmp_path):
    ours = table([{"image": "a", "objects": [{"label": "car", "x": 1, "y": 2, "w": 3, "h": 4}]}])
    others = [[{"label": 1}], [{"label": "car", "x": 1.0, "more": 2}], ["car"], "car"]
    for images in (ours, *(pl.DataFrame({"objects": [each]}) for each in others)):
        images.write_parquet(tmp_path / "a.parquet")
        assert read_table(tmp_path / "a.parquet").equals(images)


def test_some_columns_can_be_read_alone(tmp_path):
    images = table([{"image": "a", "objects": []}])
    write_table(images, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet", columns=["image"]).equals(images.select("image"))


def test_a_table_that_cannot_be_read_says_so(tmp_path):
    for path in (tmp_path / "none.parquet", put(tmp_path / "bad.parquet", b"PAR1")):
        with pytest.raises(StoreError, match=path.name):
            read_table(path)


def test_the_images_of_many_tables_are_read_at_once_in_their_order(tmp_path):
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        images = [f"{number}-{each}" for each in range(number)]
        more = {"origin": [None] * number} if number == 2 else {}  # older ones lack it
        write_table(pl.DataFrame({"image": pl.Series(images, dtype=pl.String), **more}), path)
    assert images_in(paths)["image"].to_list() == ["1-0", "2-0", "2-1"]
    assert images_in(paths[::-1])["image"].to_list() == ["2-0", "2-1", "1-0"]
    assert images_in([]).is_empty()


def test_of_many_tables_the_one_that_cannot_be_read_is_named(tmp_path):
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for path in paths:
        write_table(pl.DataFrame({"image": ["a"]}), path)
    paths[1].write_bytes(b"PAR1 and no more")
    with pytest.raises(StoreError, match=r"1\.parquet"):
        images_in(paths)
