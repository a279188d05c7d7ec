"""Whoever looks for an example finds every one of them, and each is tried."""

from pathlib import Path

import pytest

from tests.examples.readme import PROJECTS, lines

EXAMPLES = sorted(path.name for path in PROJECTS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_listed_and_tried_and_tells_how_to_begin(name: str) -> None:
    assert f"[{name}](projects/{name}/)" in (PROJECTS.parent / "README.md").read_text()
    begins = f"ymir init --example {name} "
    assert any(
        line.startswith(begins) for line in lines((PROJECTS / name / "README.md").read_text())
    )
    assert Path(__file__).with_name(f"test_{name.replace('-', '_')}.py").exists()
