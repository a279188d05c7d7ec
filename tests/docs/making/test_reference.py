"""The reference has everything that there is, as the code says it."""

import json
from collections.abc import Iterator

import pytest
import typer

import ymir
from docs.making.reference import pages
from ymir.cli.main import cli
from ymir.errors import Exit
from ymir.resources import resource
from ymir.spec.catalogue import KINDS
from ymir.spec.explain import parts_of
from ymir.spec.schema import schema
from ymir.spec.shape import Shape


def page(name: str) -> str:
    return pages()[f"reference/{name}.md"]


def paths(shape: Shape, above: str = "") -> Iterator[str]:
    for name, each in parts_of(shape).items():
        yield f"{above}{name}"
        yield from paths(each, f"{above}{name}.")


def test_its_first_page_leads_to_all_others() -> None:
    names = [name.removeprefix("reference/") for name in pages() if name != "reference/index.md"]
    assert [name for name in names if f"]({name})" not in page("index")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_is_there(kind: str) -> None:
    text = page(f"specs/{kind.lower()}")
    assert f"# {kind}\n" in text
    assert f"\nkind: {kind}\n" in text
    absent = [path for path in paths(Shape.of(schema(kind))) if f"`{path}`" not in text]
    assert not absent


def test_a_field_is_told_as_ymir_explain_tells_it() -> None:
    row = next(line for line in page("specs/project").splitlines() if "| `goal.rounds` |" in line)
    assert "a whole number above 0; default `10`" in row
    assert "Stop after this many rounds." in row


def commands(group, parent, name="ymir") -> Iterator[str]:
    context = group.context_class(group, info_name=name, parent=parent)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        yield f"{context.command_path} {each}"
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, context, each)


def test_every_command_is_there() -> None:
    found = [*commands(typer.main.get_command(cli), None)]
    assert len(found) > 50
    assert [path for path in found if f"### {path} {{#" not in page("commands")] == []


def test_a_command_is_told_with_its_options_and_examples() -> None:
    text = page("commands").partition("### ymir rollback")[2].partition("\n### ")[0]
    assert "ymir rollback [OPTIONS]" in text
    assert "`--to " in text
    assert "$ ymir rollback helmet --to 3" in text


def test_every_exit_code_is_there_with_the_errors_that_end_so() -> None:
    text = page("exit-codes")
    assert [each for each in Exit if f"| `{each.value}` | `{each.name}` |" not in text] == []
    assert "`GateError`" in text


def test_every_part_of_a_report_is_there_with_the_comments_beside_its_fields() -> None:
    published = json.loads((resource("reports") / "report.schema.json").read_text())
    text = page("report")
    assert [name for name in published["$defs"] if f"## {name} {{#" not in text] == []
    assert [name for name in published["properties"] if f"`{name}`" not in text] == []
    assert "| `with_errors` | integer | of them, at the threshold |" in text


@pytest.mark.parametrize("plugin", ["voc", "hybrid", "label-studio", "slurm", "slack", "dvc"])
def test_plugins_are_there(plugin: str) -> None:
    assert f"| `{plugin}` | " in page("plugins")


def test_what_python_offers_is_there() -> None:
    text = page("python")
    names = [name for name in vars(ymir.Workspace) if not name.startswith("_") and name != "root"]
    assert len(names) > 5
    assert [name for name in names if f"    def {name}(" not in text] == []
    assert "## Plan\n" in text
    assert "    is_empty: bool  # all that the specs ask for exists" in text
