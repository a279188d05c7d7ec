"""Lines that people type: the `ymir` commands in them, and whether the real parser takes them."""

import re
import shlex
from collections.abc import Iterator

import typer
from typer._click import Command
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
)

from ymir.cli.main import cli
from ymir.errors import YmirError

_OPERATORS = "();|&"
_ASSIGNED = re.compile(r"\w+=")
_REDIRECTED = re.compile(r"(?<!\S)(?:\d*(?:>>?|<{1,3})|&>)\s*(?:&\d|\S+)")
_OF_A_FILE = re.compile(r"does not exist|is a (file|directory)")  # here, where nobody made it


def commands(line: str) -> Iterator[list[str]]:
    """The words after `ymir` of each such command in a line of a shell."""
    text = line.partition("\n")[0] if "<<" in line else line.replace("\\\n", " ")
    lexer = shlex.shlex(_REDIRECTED.sub(" ", text), posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    part: list[str] = []
    for word in [*lexer, ";"]:
        if word.strip(_OPERATORS):
            part.append(word)
            continue
        while part and _ASSIGNED.match(part[0]):
            part.pop(0)
        if part[:1] == ["ymir"]:
            yield part[1:]
        part = []


def refuse(words: list[str], *, may_lack: bool = False) -> str | None:
    """Why `ymir` would not take these words; None if it would. Files need not exist.

    With `may_lack`, arguments may be left out, as where a text only names a command.
    """
    try:
        return _parse([word for word in words if word != "--help"])
    except NoArgsIsHelpError:
        return None  # it shows what there is
    except (MissingParameter, BadOptionUsage) as error:
        return None if may_lack else error.format_message()
    except BadParameter as error:
        said = error.format_message()
        return None if _OF_A_FILE.search(said) else said
    except ClickException as error:
        return error.format_message()
    except YmirError as error:
        return str(error)


def _parse(words: list[str]) -> str | None:
    command, name, context = typer.main.get_command(cli), "ymir", None
    while command:
        context = command.context_class(command, info_name=name, parent=context)
        words = Command.parse_args(command, context, words)
        if not words:
            return None
        name, *words = words
        command = command.get_command(context, name)
    return f"`{name}` is no command"
