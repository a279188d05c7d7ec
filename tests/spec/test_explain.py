"""What `ymir explain` says."""

import pytest

from ymir.errors import SpecError
from ymir.spec.catalogue import KINDS
from ymir.spec.explain import explain
from ymir.spec.schema import schema
from ymir.spec.shape import Shape


def test_a_field_is_explained_with_its_type_default_and_choices() -> None:
    assert explain("Dataset.from.verify") == (
        "Dataset.from.verify — one of `header` or `full`; default `header`\n"
        "\n"
        "    `header`: check each image's header and end. `full`: decode every image."
    )


def test_a_mapping_is_explained_with_its_fields() -> None:
    assert explain("Project.goal.plateau") == (
        "Project.goal.plateau — a mapping of fields; optional\n"
        "\n"
        "    Stop when nothing is gained.\n"
        "\n"
        "fields:\n"
        "    rounds — a whole number above 0; default `2`\n"
        "        How many rounds in a row.\n"
        "    gain — a number not below 0 and not above 1; default `0.005`\n"
        "        The mAP that each of them would have to gain."
    )


def test_operations_are_explained_one_by_one() -> None:
    assert "one of:\n    dedupe\n        Keep one of several" in explain("Dataset.then")
    assert explain("Dataset.then.sample.seed").startswith(
        "Dataset.then.sample.seed — a whole number not below 0; default `0`\n"
    )


@pytest.mark.parametrize("path", ["dataset.then[0].filter.tags", "Dataset.then.filter.tags"])
def test_case_of_the_kind_and_indexes_do_not_matter(path: str) -> None:
    assert explain(path).startswith("Dataset.then.filter.tags — a mapping; each value is a text")


def test_one_or_many_is_explained_as_both() -> None:
    assert "required" in explain("Project.data.training").splitlines()[0]
    assert " or a list; each is " in explain("Project.data.training")
    assert "aliases — a list" in explain("Labels.classes")


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("Datset", "no kind of spec is called `Datset`", "did you mean `Dataset`?"),
        ("Project.gaol", "`Project` has no field `gaol`", "did you mean `Project.goal`?"),
        ("Project.goal.mapp", "`Project.goal` has no field", "did you mean `Project.goal.map`?"),
        ("Dataset.then.fliter", "`Dataset.then` has no", "did you mean `Dataset.then.filter`?"),
        ("Dataset.name.first", "`Dataset.name` has no field `first`", "it has no fields"),
        ("", "no kind of spec is called ``", "there is `Labels`"),
        ("Project.", "`Project` has no field ``", "it has `apiVersion`"),
    ],
)
def test_an_unknown_path_gets_the_nearest_one(path: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        explain(path)
    assert message in str(caught.value)
    assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_can_be_explained(kind: str) -> None:
    def check(shape: Shape, path: str) -> None:
        held = shape.items or shape
        for name, each in (held.options or held.fields).items():
            assert explain(f"{path}.{name}").startswith(f"{path}.{name} — ")

            check(each, f"{path}.{name}")

    check(Shape.of(schema(kind)), kind)
