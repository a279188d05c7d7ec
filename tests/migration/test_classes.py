import pytest

from tests.media.pictures import put
from ymir.errors import DataError
from ymir.migration.classes import Classes, read_classes

BOMB = "labels: &a [{name: x}]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nlabels2: *c\n"


def test_names_and_aliases_are_read_by_number(tmp_path):
    text = "labels:\n- {id: 0, name: Person, aliases: [Human]}\n- {id: 1, name: car}\n"
    classes = read_classes(put(tmp_path / "labels.yaml", text))
    assert classes.name(0, "whatever the box says") == "person"
    assert [each.name for each in classes.spec(()).classes] == ["person", "car"]
    assert classes.spec(()).classes[0].aliases == ("human",)


def test_a_class_that_the_file_does_not_know_is_called_what_the_box_says():
    classes = Classes({})
    assert classes.name(7, " Dog ") == "dog"
    assert [each.name for each in classes.spec({"dog"}).classes] == ["dog"]


@pytest.mark.parametrize("written", ["", "  ", "a\nb", "x" * 200])
def test_a_class_without_a_usable_name_has_none(written):
    assert Classes({}).name(7, written) is None


def test_a_vocabulary_is_never_empty():
    assert len(Classes({}).spec(()).classes) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("labels: [{id: 0, name: a}, {id: 0, name: b}]", "an id is used twice"),
        ("labels: [{name: a}, {name: A}]", "already names the class"),
        ("labels: [{name: a}, {name: b, aliases: [a]}]", "already names the class"),
        ("labels: [{id: 0}]", "labels.0.name"),
        ('labels: [{name: "a\\nb"}]', "name"),
        ("labels: 3", "labels"),
        ("[]: {", "cannot be read"),
        ("labels: !!python/object/apply:os.system [ls]", "cannot be read"),
        ("- a", "is broken"),
        ("[" * 5000, "cannot be read"),
        ("labels: [{name: a, create_time: 2022-99-99}]", "cannot be read"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, why):
    file = put(tmp_path / "labels.yaml", text)
    with pytest.raises(DataError, match=why) as raised:
        read_classes(file)
    assert str(file) in str(raised.value)


def test_aliases_of_yaml_cost_nothing(tmp_path):
    assert len(read_classes(put(tmp_path / "labels.yaml", BOMB)).by_number) == 1


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.yaml"):
        read_classes(tmp_path / "nothing.yaml")
