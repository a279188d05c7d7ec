from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from ymir.cli.options import spread


@dataclass(frozen=True)
class Paint:
    colour: Annotated[str, typer.Option("--colour", help="Which one.")] = "red"
    coats: Annotated[int, typer.Option(help="How many.")] = 1


def app() -> typer.Typer:
    made = typer.Typer()

    @made.command()
    @spread
    def command(
        wall: Annotated[str, typer.Argument()],
        paint: Paint,
        dry: Annotated[bool, typer.Option("--dry")] = False,
    ) -> None:
        """Paint a wall."""
        typer.echo(f"{wall} {paint} {dry}")

    return made


def test_the_fields_of_a_group_are_options_of_the_command() -> None:
    run = CliRunner().invoke(app(), ["north", "--colour", "blue", "--coats", "2", "--dry"])
    assert run.output == "north Paint(colour='blue', coats=2) True\n"


def test_a_group_has_its_defaults() -> None:
    run = CliRunner().invoke(app(), ["north"])
    assert run.output == "north Paint(colour='red', coats=1) False\n"


def test_the_help_shows_what_belongs_together_as_options_of_their_own() -> None:
    said = CliRunner().invoke(app(), ["--help"]).output
    assert "Paint a wall." in said
    assert "--colour" in said
    assert "paint" not in said.replace("Paint", "")


def test_a_command_that_calls_another_gives_what_it_wants() -> None:
    seen = []

    @spread
    def command(paint: Paint, dry: bool = False) -> None:
        seen.append((paint, dry))

    command(coats=2)
    command()
    assert seen == [(Paint(coats=2), False), (Paint(), False)]
