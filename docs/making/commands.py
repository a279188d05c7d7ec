"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator

import typer
from typer._click import Command, Context  # typer brings its own click

from docs.making.tables import code, fenced, table
from ymir.cli.examples import EXAMPLES
from ymir.cli.main import SECTIONS, cli


def commands() -> str:
    """One page with every command, in the order in which people meet them."""
    root = typer.main.get_command(cli)
    top = root.context_class(root, info_name="ymir")
    said = [
        "# Commands\n",
        "As `--help` tells of each; they share their [exit codes](exit-codes.md).\n",
    ]
    for title, names in SECTIONS.items():
        said.append(f"## {title}\n")
        said += [part for name in names for part in _described(root, top, name)]
    return "\n".join(said)


def _described(group: typer.core.TyperGroup, parent: Context, name: str) -> Iterator[str]:
    """A command, and those in it."""
    command = group.get_command(parent, name)
    context = command.context_class(command, info_name=name, parent=parent)
    path = context.command_path
    yield f"### {path} {{#{path.replace(' ', '-')}}}\n"
    yield f"{command.help}\n"
    yield fenced(" ".join((path, *command.collect_usage_pieces(context))), "text")
    if rows := [*_parameters(command, context)]:
        yield table(("argument or option", "what it does"), rows)
    if path in EXAMPLES:
        yield fenced("\n".join(f"$ {line}" for line in EXAMPLES[path]), "console")
    if isinstance(command, typer.core.TyperGroup):
        for each in command.list_commands(context):
            yield from _described(command, context, each)


def _parameters(command: Command, context: Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and parameter.name != "help":
            yield code(record[0]), record[1]
