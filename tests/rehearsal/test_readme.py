"""The page for authors explains every rule, and its examples keep the contract."""

import re
from dataclasses import replace

import pytest

from tests.rehearsal.companies import broken, company, rehearse
from ymir.rehearsal.play import play
from ymir.rehearsal.rules import RULES, rulings
from ymir.resources import resource

README = (resource("executors") / "README.md").read_text()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_place(rule):
    assert README.count(f"\n### {rule}\n") == 1


def test_the_example_in_python_keeps_the_contract(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert not broken(
        rehearse(tmp_path, f"import warnings\nwarnings.simplefilter('ignore')\n{example}")
    )


def test_the_example_in_shell_keeps_the_contract(tmp_path):
    (example,) = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    ready = company(tmp_path, example)
    spec = ready.runner.spec.model_copy(
        update={"command": ("/bin/sh", str(tmp_path / "program.py"))}
    )
    ready = replace(ready, runner=replace(ready.runner, spec=spec))
    found = {each.rule: each for each in rulings(play(ready, lambda _: None))}
    assert not broken(found), {rule: found[rule].why for rule in broken(found)}
