"""What users are told of errors: each kind has its section, offline and in JSON."""

import inspect
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ymir import errors
from ymir.cli.troubles import meaning
from ymir.errors import SpecError, YmirError
from ymir.lease.refs import UnreachableError
from ymir.resources import resource
from ymir.spec.mistakes import BrokenSpecsError

KINDS = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, YmirError) and each.__module__ == errors.__name__
]
YMIR = [sys.executable, "-m", "ymir.cli.main"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_error_has_its_section(kind: type[YmirError]) -> None:
    section = meaning(kind.__name__)
    assert section
    assert section.startswith(f"`{kind.__name__}`: ")
    assert f"Exit code {kind.exit_code}." in section
    assert "\nUsual causes: " in section
    assert "\nWhat to do: " in section


def test_each_section_is_about_an_error() -> None:
    page = (resource("docs/reference") / "errors.md").read_text()
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    slugs = {title.lower().replace(" ", "-") for title in titles}
    kinds = {each.__new__(each).kind for each in KINDS}
    assert slugs == kinds


def test_an_error_of_another_file_is_told_as_what_it_is_a_case_of() -> None:
    assert BrokenSpecsError(()).kind == "spec-error"
    assert UnreachableError("it is away").kind == "store-error"


def test_what_is_no_error_has_no_section() -> None:
    assert meaning("Project") is None


def test_json_names_the_kind_of_an_error_and_where_to_read_on(tmp_path: Path) -> None:
    run = [*YMIR, "status", "--json", "-C", str(tmp_path)]
    said = json.loads(subprocess.run(run, capture_output=True, check=False).stdout)
    assert (said["kind"], said["exit"]) == ("spec-error", SpecError.exit_code)
    assert said["docs"] == "reference/errors/#spec-error"


def test_a_terminal_says_where_to_read_on_and_a_pipe_does_not(tmp_path: Path) -> None:
    run, more = [*YMIR, "status", "-C", str(tmp_path)], b" more: `ymir explain spec-error`"
    assert more not in subprocess.run(run, capture_output=True, check=False).stderr
    leader, follower = pty.openpty()
    subprocess.run(run, stderr=follower, stdout=follower, check=False)
    os.close(follower)
    assert more in os.read(leader, 10_000)
    os.close(leader)


def test_explain_prints_the_section_of_an_error_however_it_is_written() -> None:
    for name in ("LockedError", "locked-error", "Locked error"):
        done = subprocess.run([*YMIR, "explain", name], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == meaning("LockedError")
