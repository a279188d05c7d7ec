"""`make setup` installs the versions that were tested, and no file that was exchanged since."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.supply.locked import DEFAULT, DEVELOPMENT, ROOT, entries_of, locked, plain

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED = {
    DEFAULT: PROJECT["dependencies"],
    DEVELOPMENT: PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"],
}
FILES = pytest.mark.parametrize("file", list(ASKED), ids=lambda file: file.name)


@FILES
def test_a_lock_has_everything_that_is_asked_for(file) -> None:
    versions = locked(file)
    for text in ASKED[file]:
        asked = Requirement(text)
        assert plain(asked.name) in versions, f"{asked.name}: run `make lock`"
        assert asked.specifier.contains(versions[plain(asked.name)]), f"{asked}: run `make lock`"


@FILES
def test_every_file_of_a_lock_is_known_by_its_digest(file) -> None:
    for name, digests in entries_of(file):
        assert re.search(r"==[^=]+", name), name
        assert digests, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests), name


@FILES
def test_a_lock_names_no_place(file) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ |^/", file.read_text(), re.M)


def test_people_get_what_was_tested() -> None:
    tested = locked(DEVELOPMENT)
    assert {name: tested.get(name) for name in locked(DEFAULT)} == locked(DEFAULT)
