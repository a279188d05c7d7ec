"""`report.json` holds every figure, and says what it is."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.components import needs
from tests.report import shown_reports
from ymir.errors import DataError
from ymir.report.files.document import (
    SCHEMA_FILE,
    read_report,
    report_json,
    schema,
    schema_text,
)
from ymir.report.shown.pages import RoundReport

REPORTS = {
    "round four": shown_reports.round_four(),
    "first": shown_reports.first(),
    "sixty": shown_reports.sixty(),
    "hostile": shown_reports.hostile(),
}
some = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


@some
def test_what_is_written_reads_back_as_it_was(report: RoundReport, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(report_json(report), encoding="utf-8")
    assert read_report(path) == report


def test_it_says_which_form_it_has() -> None:
    said = json.loads(report_json(REPORTS["first"]))
    assert (said["schema"], said["kind"]) == ("ymir/report/v1", "round")


def test_figures_are_not_rounded() -> None:
    said = json.loads(report_json(REPORTS["round four"]))
    value = REPORTS["round four"].target.value
    assert said["target"]["value"] == {"value": value.value, "low": value.low, "high": value.high}


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "compare"}', "[" * 9, "\0"])
def test_another_file_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"report\.json` is not the report of a round"):
        read_report(path)


def test_the_published_schema_is_fresh() -> None:
    published = Path(__file__).parents[3] / "reports" / SCHEMA_FILE
    how = "python -c 'from ymir.report.files.document import write_schema; write_schema()'"
    assert published.read_text(encoding="utf-8") == schema_text(), f"run {how}"


@needs("jsonschema", find_spec("jsonschema") is not None, "pip install jsonschema")
@some
def test_the_schema_fits_what_is_written(report: RoundReport) -> None:
    validator = import_module("jsonschema").Draft202012Validator(schema())
    said = json.loads(report_json(report))
    assert [each.message for each in validator.iter_errors(said)] == []
    assert not validator.is_valid({**said, "kind": "project"})
    assert not validator.is_valid({key: said[key] for key in said if key != "gates"})
