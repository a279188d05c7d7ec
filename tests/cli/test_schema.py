"""`ymir schema`."""

import json
from pathlib import Path

import pytest

from ymir.cli.schema import command
from ymir.errors import SpecError


def test_a_kind_has_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    command("dataset")
    printed = json.loads(capsys.readouterr().out)
    assert printed["$id"] == "urn:ymir:v1:dataset"
    assert printed["title"] == "Dataset"


def test_without_a_kind_the_schema_fits_all(capsys: pytest.CaptureFixture[str]) -> None:
    command()
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:ymir:v1"


def test_all_schemas_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(folder=tmp_path / "specs")
    assert {path.name for path in (tmp_path / "specs").iterdir()} == {
        *(f"{kind}.schema.json" for kind in ("labels", "dataset", "executor", "model", "project")),
        "workspace.schema.json",
        "ymir.schema.json",
    }
    assert str(tmp_path) in capsys.readouterr().out


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SpecError, match="no kind of spec is called `Labl`"):
        command("Labl")
