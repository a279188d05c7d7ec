"""The rules a machine can check."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ymir"
OURS = [
    path
    for folder in ("ymir", "executors", "benchmarks", "docs", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if ".venv" not in path.parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_small_and_says_what_it_is(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "say in one line what this module is"
    assert source.count("\n") <= 400
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 50
    ]
    assert not long, f"split {long}"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_file_outgrows_its_reader(path: Path) -> None:
    assert path.read_text().count("\n") <= 400


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/**/__init__.py")), ids=str)
def test_a_package_says_what_belongs_in_it_and_holds_nothing_else(path: Path) -> None:
    (only,) = ast.parse(path.read_text()).body
    assert isinstance(only, ast.Expr)


def test_executors_depend_on_the_folder_contract_only() -> None:
    for path in (path for path in OURS if "executors" in path.parts[: len(ROOT.parts) + 1]):
        assert not re.search(r"^\s*(from|import) ymir\b", path.read_text(), re.MULTILINE), path


def test_the_conventions_table_names_real_places() -> None:
    for folder in ("formats", "mining", "metrics", "labeling", "backends", "stores", "data/ops"):
        assert f"`ymir/{folder}/" in (ROOT / "CONVENTIONS.md").read_text()
        assert (PACKAGE / folder).is_dir()
