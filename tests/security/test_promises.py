"""`SECURITY.md` promises what tests keep: every file and every test that it names is there."""

import re
from pathlib import Path

import pytest

from ymir.spec.allow import AllowSpec

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tests|specs)/[\w/.-]+?)(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_what_it_names_is_there(file, test):
    text = (ROOT / file).read_text()
    assert not test or re.search(rf"(?m)^(async )?def {test}\(", text)


def test_it_names_the_tests_that_keep_its_promises():
    assert len(NAMED) > 15
    assert {"tests/security/test_secrets.py", "tests/test_vault.py"} <= {file for file, _ in NAMED}


@pytest.mark.parametrize("rule", AllowSpec.model_fields)
def test_every_rule_is_explained(rule):
    assert f"`allow: {rule}`" in TEXT
