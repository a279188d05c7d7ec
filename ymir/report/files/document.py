"""`report.json`: a round's report, whole, for programs; and the schema that describes it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ymir.errors import DataError
from ymir.report.shown.pages import SCHEMA, RoundReport
from ymir.resources import resource
from ymir.spec.shape import JsonSchema

FILE = "report.json"
SCHEMA_FILE = "report.schema.json"  # in `reports/`
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def report_json(report: RoundReport) -> str:
    """Every figure of the page, as the judge left it: nothing is rounded."""
    return _reports().dump_json(report, indent=1).decode() + "\n"


def read_report(path: Path) -> RoundReport:
    """The report that a `report.json` holds."""
    try:
        return _reports().validate_json(path.read_bytes())
    except ValidationError as error:
        hint = f"it must be a report of the form `{SCHEMA}`: make it with `ymir report`"
        raise DataError(f"`{path}` is not the report of a round: {error}", hint=hint) from error


def schema() -> JsonSchema:
    """The form of `report.json`, for other programs."""
    described = _reports().json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": f"urn:{SCHEMA.replace('/', ':')}", **described}


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema() -> Path:
    """Publish the schema in `reports/`."""
    path = resource("reports") / SCHEMA_FILE
    path.write_text(schema_text(), encoding="utf-8")
    return path


@cache
def _reports() -> TypeAdapter[RoundReport]:
    return TypeAdapter(RoundReport)
