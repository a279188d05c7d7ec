"""What a README tells people to type, typed."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.workspaces import ENVIRONMENT, Workspace
from ymir.resources import resource

PROJECTS = resource("examples") / "projects"


@dataclass(frozen=True)
class Typed:
    """One command, and what came of it."""

    line: str
    code: int
    said: str


def lines(text: str) -> list[str]:
    """The commands of a README: its indented lines, in their order."""
    return re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)


def follow(
    example: str,
    folder: Path,
    codes: Mapping[str, int] | None = None,
    edits: Mapping[str, str] | None = None,
) -> list[Typed]:
    """Type all of an example's README; return what was said.

    `codes` says how commands end that do not end with 0, by how they begin; `edits` is what specs
    say instead, for the sake of time.
    """
    done = []
    for line in lines((PROJECTS / example / "README.md").read_text()):
        if line.startswith("cd "):
            folder /= line.split()[1]
            _edit(folder / "specs", edits or {})
            continue
        done.append(typed(line, folder))
        expected = [code for begin, code in (codes or {}).items() if line.startswith(begin)]
        assert done[-1].code == (expected or [0])[0], f"{line}\n{done[-1].said}"
    return done


def _edit(specs: Path, edits: Mapping[str, str]) -> None:
    for before, after in edits.items():
        (file,) = [each for each in specs.glob("*.yaml") if before in each.read_text()]
        file.write_text(file.read_text().replace(before, after))


def typed(line: str, folder: Path, **variables: str) -> Typed:
    """Type one line in a shell, and wait."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Typed(line, done.returncode, done.stdout)


def does_nothing(workspace: Workspace) -> None:
    """Apply once more: nothing runs, nothing is recorded, and nothing lies about."""
    before = workspace.events()
    again = typed("ymir apply", workspace.root)
    assert again.code == 0, again.said
    assert "nothing to do" in again.said
    assert workspace.events() == before
    assert not workspace.run("git", "status", "--porcelain")
