"""What editors need."""

from pathlib import Path

import pytest

from ymir.cli.editing import offer_schema
from ymir.cli.specs import catalogue
from ymir.spec.schema import files

SCHEMA = files()["ymir.schema.json"]


def test_a_workspace_gets_the_schema_that_is_published(tmp_path: Path) -> None:
    offer_schema(tmp_path)
    assert (tmp_path / ".ymir" / "schema.json").read_text() == SCHEMA


def test_the_schema_of_another_version_is_replaced_and_this_ones_is_left(tmp_path: Path) -> None:
    file = tmp_path / ".ymir" / "schema.json"
    file.parent.mkdir()
    file.write_text('{"$id": "urn:ymir:v0"}')
    offer_schema(tmp_path)
    written = file.stat().st_ino
    offer_schema(tmp_path)
    assert file.read_text() == SCHEMA
    assert file.stat().st_ino == written


def test_specs_that_are_wrong_are_offered_the_schema_too(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "labels.yaml").write_text("kind: Labl\n")
    with pytest.raises(Exception, match="Labl"):
        catalogue(tmp_path)
    assert (tmp_path / ".ymir" / "schema.json").is_file()


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / ".ymir").write_text("a file where a folder would be")
    offer_schema(tmp_path)
    assert (tmp_path / ".ymir").is_file()


def test_a_folder_without_specs_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="specs"):
        catalogue(tmp_path)
    assert not list(tmp_path.iterdir())
