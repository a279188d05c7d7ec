"""JSON Schemas of the kinds of specs, for editors and for other programs."""

import json
from pathlib import Path

from pydantic.json_schema import models_json_schema

from ymir.errors import SpecError
from ymir.spec.catalogue import KINDS
from ymir.spec.mistakes import nearest, quoted
from ymir.spec.shape import JsonSchema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ANY_KIND = "ymir"  # the file whose schema fits a document of whichever kind
MODELINE = "# yaml-language-server: $schema=../.ymir/schema.json\n"  # in `specs/`


def kind_called(name: str) -> str:
    """The kind that `name` means; case does not matter."""
    by_lower_case = {kind.lower(): kind for kind in KINDS}
    if name.lower() in by_lower_case:
        return by_lower_case[name.lower()]
    near = nearest(name, KINDS)
    hint = f"did you mean `{near}`?" if near else f"there is {quoted(KINDS)}"
    raise SpecError(f"no kind of spec is called `{name}`", hint=hint)


def schema(kind: str) -> JsonSchema:
    """The schema of one kind."""
    return {
        "$schema": _DIALECT,
        "$id": f"urn:ymir:v1:{kind.lower()}",
        **KINDS[kind].model_json_schema(),
    }


def schema_of_any() -> JsonSchema:
    """One schema for documents of every kind, as they stand together in a file."""
    _, definitions = models_json_schema([(model, "validation") for model in KINDS.values()])
    return {
        "$schema": _DIALECT,
        "$id": "urn:ymir:v1",
        "title": "ymir specs",
        "description": "One document of a spec file.",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(KINDS), "description": "What it describes."}},
        "allOf": [_only_for(kind) for kind in KINDS],
        **definitions,
    }


def announced(text: str) -> str:
    """A file of specs in which each document tells editors its schema: they ask each by itself."""
    return MODELINE + text.replace("\n---\n", f"\n---\n{MODELINE}")


def _only_for(kind: str) -> JsonSchema:
    is_it = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
    return {"if": is_it, "then": {"$ref": f"#/$defs/{KINDS[kind].__name__}"}}


def files() -> dict[str, str]:
    """File name -> content, of every schema that ymir publishes."""
    schemas = {_ANY_KIND: schema_of_any(), **{kind.lower(): schema(kind) for kind in KINDS}}
    return {f"{name}.schema.json": text(each) for name, each in schemas.items()}


def text(value: JsonSchema) -> str:
    """A schema as its file holds it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write all schemas into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_text(content)
