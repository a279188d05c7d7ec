"""The published language: schemas that are fresh, references that are complete."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from ymir.errors import SpecError
from ymir.spec.catalogue import KINDS
from ymir.spec.schema import files, kind_called, schema, schema_of_any, write
from ymir.spec.shape import Shape

SPECS = Path(__file__).parents[2] / "specs"


def test_published_schemas_are_fresh() -> None:
    published = {path.name: path.read_text() for path in SPECS.glob("*.schema.json")}
    assert published == files(), "run `ymir schema --write specs`"


def test_schemas_are_written_as_they_are_published(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == files()


def fields(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field that a document may have, without the indexes of lists."""
    for name, field in shape.fields.items():
        yield (*path, name)
        held = field.items or field
        for each in held.options.values() or [held]:
            yield from fields(each, (*path, name))


def given(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field that a document has."""
    match value:
        case dict():
            for key, each in value.items():
                yield (*path, key)
                yield from given(each, (*path, key))
        case list():
            for each in value:
                yield from given(each, path)


@pytest.mark.parametrize("kind", KINDS)
def test_reference_mentions_every_field(kind: str) -> None:
    documents = yaml.safe_load_all((SPECS / f"{kind.lower()}.yaml").read_text())
    mentioned = {path for document in documents for path in given(document)}
    assert set(fields(Shape.of(schema(kind)))) - mentioned == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_title_and_a_description(kind: str) -> None:
    def check(shape: Shape, path: str) -> None:
        for name, field in shape.fields.items():
            assert field.description, f"{path}.{name}"
            held = field.items or field
            for each in held.options.values() or [held]:
                check(each, f"{path}.{name}")

    whole = Shape.of(schema(kind))
    assert whole.here["title"] == kind
    assert whole.description
    check(whole, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_demands_what_says_which_kind_it_is(kind: str) -> None:
    assert {"apiVersion", "kind"} <= set(schema(kind)["required"])
    assert schema(kind)["additionalProperties"] is False


def test_a_kind_may_be_written_in_lower_case() -> None:
    assert kind_called("project") == "Project"


def test_an_unknown_kind_gets_the_nearest_one() -> None:
    with pytest.raises(SpecError, match="no kind of spec is called `Projct`") as caught:
        kind_called("Projct")
    assert caught.value.hint == "did you mean `Project`?"


def test_one_name_or_a_list_of_names_is_allowed_by_the_schema_too() -> None:
    training = Shape.of(schema("Project")).fields["data"].fields["training"]
    assert [member.here["type"] for member in training.members] == ["string", "array"]
    classes = Shape.of(schema("Labels")).fields["classes"].items
    assert classes
    assert [member.here["type"] for member in classes.members] == ["string", "object"]


def test_the_schema_of_any_kind_leads_to_each_kind() -> None:
    whole = schema_of_any()
    targets = [each["then"]["$ref"].rpartition("/")[2] for each in whole["allOf"]]
    assert [whole["$defs"][target]["title"] for target in targets] == list(KINDS)
    json.dumps(whole)
