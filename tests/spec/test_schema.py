"""The published language: schemas that are fresh, references that are complete."""

import importlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from tests.components import needs
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


@needs("jsonschema", find_spec("jsonschema") is not None, "pip install jsonschema")
def test_schemas_accept_the_references_and_refuse_mistakes() -> None:
    validators = importlib.import_module("jsonschema").Draft202012Validator
    any_kind = validators(schema_of_any())
    for kind in KINDS:
        one_kind = validators(schema(kind))
        for document in yaml.safe_load_all((SPECS / f"{kind.lower()}.yaml").read_text()):
            assert one_kind.is_valid(document)
            assert any_kind.is_valid(document)
            assert not any_kind.is_valid({**document, "unknown": 1})
            assert not any_kind.is_valid({**document, "kind": "Unknown"})
            assert not one_kind.is_valid({**document, "apiVersion": "ymir/v2"})


@needs("jsonschema", find_spec("jsonschema") is not None, "pip install jsonschema")
@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Labels", {"classes": []}),
        ("Labels", {"classes": [{"aliases": ["a"]}]}),
        ("Dataset", {"merge": ["a"]}),
        ("Dataset", {"name": "Not A Name"}),
        ("Dataset", {"then": [{"op": "filtr"}]}),
        ("Dataset", {"then": [{"op": "sample", "count": 5, "share": 0.5}]}),
        ("Executor", {"image": "acme/x"}),
        ("Executor", {"resources": {"timeout": 600}}),
        ("Project", {"goal": {"rounds": 3}}),
        ("Project", {"goal": {"map": 1.5}}),
        ("Project", {"mine": {"use": "entropy"}}),
        ("Project", {"data": {"training": []}}),
        ("Workspace", {"commit": "yes"}),
    ],
)
def test_schemas_refuse_what_validation_refuses(kind: str, change: dict[str, JsonValue]) -> None:
    reference = (SPECS / f"{kind.lower()}.yaml").read_text()
    document = {**next(yaml.safe_load_all(reference)), **change}
    assert (
        not importlib.import_module("jsonschema")
        .Draft202012Validator(schema(kind))
        .is_valid(document)
    )
