"""While Python calls ymir, nothing is printed, and what would be is heard."""

from pathlib import Path

import pytest
import typer

from tests.workspaces import Workspace as Typed
from ymir.api.session import session
from ymir.cli import console


def test_what_a_command_would_print_is_heard_without_secrets(
    tmp_path: Path, monkeypatch, capfd
) -> None:
    monkeypatch.setenv("LAMPS_TOKEN", "not-for-the-eyes-of-notebooks")
    told = list[str]()
    with session(tmp_path, told.append) as heard:
        console.out("one\ntwo not-for-the-eyes-of-notebooks")
        console.error("three")
    assert heard.lines == ["one", "two ***", "three"]
    assert told == ["one\ntwo ***", "three"]
    assert capfd.readouterr() == ("", "")
    console.out("four")
    assert capfd.readouterr().out == "four\n"


def test_a_signal_that_ends_a_command_is_an_interrupt(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), session(tmp_path):
        raise typer.Abort


def test_the_policy_of_a_commit_holds_and_is_told_where_the_specs_say_otherwise(
    pets: Typed, monkeypatch
) -> None:
    monkeypatch.setenv("YMIR_POLICY_FROM", "HEAD")
    (pets.root / "specs" / "workspace.yaml").write_text(
        "apiVersion: ymir/v1\nkind: Workspace\ncommit: false\n"
    )
    with session(pets.root) as heard:
        pass
    assert "is not followed; that of `HEAD` is" in heard.text
