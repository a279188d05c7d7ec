"""The reference of `report.json`, from its published schema."""

import json
from typing import Any

from docs.making.source import classes, remarks
from docs.making.tables import code, table
from ymir.report import shown
from ymir.resources import resource

_NAME = "report.schema.json"
JsonSchema = dict[str, Any]


_BEGIN = """\
# report.json

What each report shows, for programs. It stands beside the pages that people open, and fits the
schema `report.schema.json` that ymir brings along.
"""


def report_json() -> str:
    """Every field of a report, and of what it holds."""
    schema = json.loads((resource("reports") / _NAME).read_text())
    parts = [_part(name, each) for name, each in schema["$defs"].items()]
    return "\n".join((_BEGIN, "## A report {#report}\n", _table(schema, schema["title"]), *parts))


def _part(name: str, schema: JsonSchema) -> str:
    about = schema.get("description", "")
    return f"## {name} {{#{name.lower()}}}\n\n{about}\n\n{_table(schema, name)}"


def _table(schema: JsonSchema, name: str) -> str:
    if "properties" not in schema:
        return f"{_type(schema)}\n"
    found = classes(shown).get(name)
    told = remarks(found) if found else {}
    rows = [
        (code(field), _type(each), told.get(field, ""))
        for field, each in schema["properties"].items()
    ]
    return table(("field", "what it may be", "what it says"), rows)


def _type(schema: JsonSchema) -> str:
    """What stands there, in words; parts of the report are links."""
    match schema:
        case {"$ref": str(target)}:
            name = target.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"const": value}:
            return code(json.dumps(value))
        case {"enum": [*values]}:
            return " or ".join(code(json.dumps(value)) for value in values)
        case {"anyOf": [*forms]} | {"oneOf": [*forms]}:
            return " or ".join(map(_type, forms))
        case {"prefixItems": [*items]}:
            return f"[{', '.join(map(_type, items))}]"
        case {"items": {**each}}:
            return f"a list of: {_type(each)}"
        case {"additionalProperties": {**each}}:
            return f"a mapping to: {_type(each)}"
    return str(schema.get("type", "anything"))
