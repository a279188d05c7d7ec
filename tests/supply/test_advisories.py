"""No package that people get has a weakness that is published; needs PyPI's advisories."""

import json
import os
import subprocess
import sys

import pytest

from tests.supply.locked import DEFAULT

ACCEPTED: dict[str, str] = {}  # the advisory's number: why it does not touch ymir


def test_no_locked_version_has_a_published_weakness() -> None:
    words = ["--requirement", str(DEFAULT), "--require-hashes", "--disable-pip", "--format=json"]
    asked = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--timeout=5", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answers = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        answers = []
    known = [answer for answer in answers if "vulns" in answer]
    if not known and "advisories" not in os.environ.get("YMIR_REQUIRE", "").split(","):
        pytest.skip("needs advisories: pypi.org must answer for `/pypi/<package>/<version>/json`")
    weak = {
        f"{answer['name']} {answer['version']}: {weakness['id']}": weakness["fix_versions"]
        for answer in known
        for weakness in answer["vulns"]
        if weakness["id"] not in ACCEPTED
    }
    assert not weak, "move to a version that is mended: `make lock`"
    assert len(known) == len(answers), "some packages could not be looked up"
