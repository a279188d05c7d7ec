"""What editors make of specs: the first line that names the schema, hover texts, marks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import JsonValue, ValidationError

from ymir.resources import resource
from ymir.spec.catalogue import KINDS
from ymir.spec.schema import MODELINE, announced, schema, schema_of_any

WORKSPACES = sorted((resource("examples") / "projects").glob("*/specs/**/*.yaml"))
REFUSED = Path(__file__).with_name("refused.yaml").read_text().split("---\n")
MISTAKES = [document for document in REFUSED if yaml.safe_load(document)]
ANY = schema_of_any()
# Editors read the one, programs the other; both find the definitions in the same place.
VALIDATORS = [Draft7Validator(ANY), Draft202012Validator(ANY)]


@pytest.mark.parametrize("file", WORKSPACES, ids=lambda file: f"{file.parts[-3]}-{file.name}")
def test_specs_of_examples_name_the_schema_and_fit_it(file: Path) -> None:
    text = file.read_text()
    depth = len(file.parent.relative_to(file.parents[1]).parts)
    line = MODELINE.replace("../", "../" * depth)
    assert all(document.startswith(line) for document in text.split("\n---\n"))
    for document in yaml.safe_load_all(text):
        for validator in VALIDATORS:
            assert [each.message for each in validator.iter_errors(document)] == []


def test_each_document_names_the_schema_since_editors_ask_each_by_itself() -> None:
    assert announced("kind: A\n---\nkind: B\n") == f"{MODELINE}kind: A\n---\n{MODELINE}kind: B\n"


def test_the_spec_of_a_new_executor_names_the_schema() -> None:
    text = (resource("executors") / "new" / "executor.yaml").read_text()
    assert text.startswith(MODELINE.replace("../", "../../"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_names_its_published_schema(kind: str) -> None:
    folder = resource("specs")
    first = (folder / f"{kind.lower()}.yaml").read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    assert (folder / named[1]).is_file()


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text.rpartition("# ")[2].strip())
def test_a_mistake_is_marked_before_ymir_reads_it(text: str) -> None:
    document = yaml.safe_load(text)
    assert not any(validator.is_valid(document) for validator in VALIDATORS)
    if kind := KINDS.get(document.get("kind")):
        with pytest.raises(ValidationError):
            kind.model_validate(document)


def test_enough_mistakes_are_tried() -> None:
    assert len(MISTAKES) >= 30


def properties(here: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Each property that a schema describes anywhere."""
    match here:
        case {"properties": {**named}}:
            yield from named.items()
    for each in here.values() if isinstance(here, dict) else here if isinstance(here, list) else ():
        yield from properties(each)


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_has_something_to_say_of_every_field(kind: str) -> None:
    found = [*properties(schema(kind))]
    assert found
    assert [name for name, each in found if not _says(schema(kind), each)] == []


def _says(whole: dict[str, JsonValue], field: JsonValue) -> bool:
    """Whether there is a hover text, here or where a reference leads."""
    assert isinstance(field, dict)
    if "$ref" in field:
        target = str(field["$ref"]).rpartition("/")[2]
        return bool(field.get("description") or whole["$defs"][target].get("description"))
    return bool(field.get("description"))
