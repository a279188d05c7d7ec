"""What holds while Python calls ymir: the rules of a command, and silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer

from ymir.cli import console
from ymir.cli.policy import VARIABLE, Policy, under
from ymir.dvc.files import refused
from ymir.vault import remember_named

Tell = Callable[[str], None]


@dataclass
class Heard:
    """What a command would have printed; `tell` gets it as it comes."""

    tell: Tell | None = None
    lines: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """Take a line, or several; secrets are not in it."""
        plain = console.shown(text)
        self.lines += plain.splitlines()
        if self.tell:
            self.tell(plain)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines).strip("\n")


@contextmanager
def session(root: Path, tell: Tell | None = None) -> Iterator[Heard]:
    """While inside, policy and secrets are as in a command, and what it would print is heard."""
    heard = Heard(tell)
    remember_named(os.environ)
    try:
        with console.told_to(heard.hear), refused(), under(Policy(os.environ.get(VARIABLE)), root):
            yield heard
    except typer.Abort:  # a signal, while leases are waited for
        raise KeyboardInterrupt from None
