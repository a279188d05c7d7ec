"""What `--help` says: sections, summaries, examples."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from tests.docs.typed import commands, refuse
from ymir.cli.examples import EXAMPLES
from ymir.cli.main import SECTIONS, Commands, cli
from ymir.cli.summary import brief, summary


def every_command() -> Iterator[tuple[str, object]]:
    """The words that call each command, and the command."""
    whole = typer.main.get_command(cli)
    context = whole.context_class(whole, info_name="ymir")
    waiting = [("ymir", whole, context)]
    while waiting:
        path, command, context = waiting.pop()
        yield path, command
        for name in getattr(command, "list_commands", lambda _: [])(context):
            inner = command.get_command(context, name)
            within = inner.context_class(inner, info_name=name, parent=context)
            waiting.append((f"{path} {name}", inner, within))


EVERY = dict(every_command())


def helped(*words: str, **environment: str) -> str:
    run = [sys.executable, "-m", "ymir.cli.main", *words, "--help"]
    done = subprocess.run(
        run, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_every_command_is_in_one_section() -> None:
    names = [name for section in SECTIONS.values() for name in section]
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(Commands.modules)


def test_every_command_has_examples_and_each_example_a_command() -> None:
    assert set(EXAMPLES) == set(EVERY)


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_parser_takes_every_example(path: str) -> None:
    for line in EXAMPLES[path]:
        (words,) = commands(line.partition("#")[0])
        assert refuse(words) is None, line
        assert path in ("ymir", "ymir ci") or line.startswith(path), line


@pytest.mark.parametrize("path", EXAMPLES)
def test_help_ends_with_the_examples_as_they_are(path: str) -> None:
    command = EVERY[path]
    context = command.context_class(command, info_name=path, terminal_width=40)
    end = "\n".join(["  Examples:", *(f"    {line}" for line in EXAMPLES[path])])
    assert command.get_help(context).endswith(end)


@pytest.mark.parametrize("path", [path for path in EVERY if path.count(" ") == 1])
def test_a_summary_is_what_the_command_itself_says(path: str) -> None:
    said = summary(Commands.modules[path.split()[1]])
    assert said
    assert EVERY[path].help.startswith(said)


def test_a_summary_in_a_list_ends_with_its_first_clause() -> None:
    assert brief("Make a workspace: a folder; more.") == "Make a workspace"
    assert brief("Look at ymir.yaml, and so on.") == "Look at ymir.yaml, and so on"


def test_a_list_of_commands_imports_none_of_them() -> None:
    code = (
        "import sys; from ymir.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "assert not {'polars', 'dvc', 'ymir.cli.plan', 'rich'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "The loop:" in done.stdout


@pytest.mark.parametrize(
    "environment",
    [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}, {"COLUMNS": "20"}, {"LC_ALL": "C"}],
    ids=lambda each: next(iter(each)),
)
def test_help_is_plain_text_wherever_it_goes(environment: dict[str, str]) -> None:
    for words in ((), ("apply",)):
        text = helped(*words, **environment)
        assert text.startswith("Usage: ymir")
        assert "\x1b" not in text
        assert "Examples:" in text
