from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import labels, tables
from ymir.data.ops.relabel import relabel
from ymir.data.table import objects_of

relaxed = settings(deadline=None, max_examples=60)
names = st.dictionaries(labels, labels)


@relaxed
@given(tables, names, st.sets(labels))
def test_every_box_that_is_not_dropped_stays_and_has_its_new_class(a, names, drop):
    made = relabel(a, names=names, drop=drop)
    wanted = [
        [{**box, "label": names.get(box["label"], box["label"])} for box in row["objects"]
         if box["label"] not in drop]
        for row in a.to_dicts()
    ]  # fmt: skip
    assert made["objects"].to_list() == wanted
    assert made.drop("objects").equals(a.drop("objects"))


@relaxed
@given(tables)
def test_two_classes_change_places(a):
    swap = {"car": "dog", "dog": "car"}
    assert relabel(relabel(a, names=swap), names=swap).equals(a)
    assert objects_of(relabel(a, names={})).equals(objects_of(a))
