"""The options of `ymir watch`, in groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ymir.errors import SpecError
from ymir.spec.executor import seconds

_DURATION = re.compile(r"[1-9][0-9]{0,8}[smhd]")


class Allowed(StrEnum):
    """What `apply` may be told; its own module would have the watcher hold what planning needs."""

    RETRAIN = "retrain"
    DESTROY = "destroy"


SpecsArgument = Annotated[
    Path | None,
    typer.Argument(help="The workspace, or its folder of specs.", metavar="SPECS"),
]


@dataclass(frozen=True)
class Rhythm:
    """When to look."""

    interval: Annotated[
        str, typer.Option("--interval", help="The longest time between two looks.", metavar="TIME")
    ] = "5m"
    poll: Annotated[
        bool,
        typer.Option(
            "--poll", help="Look at the files every second, where nobody tells of changes."
        ),
    ] = False
    once: Annotated[
        bool, typer.Option("--once", help="Look, apply if that is worth it, and end.")
    ] = False
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End once no batch waits for people any more.")
    ] = False


@dataclass(frozen=True)
class Calls:
    """Who may call."""

    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="Where webhooks of label servers, GitHub and GitLab come in.",
            metavar="[HOST:]PORT",
        ),
    ] = None
    webhook_secret_env: Annotated[
        str | None,
        typer.Option(
            "--webhook-secret-env",
            help="The environment variable with the webhooks' secret, if no spec names it.",
            metavar="NAME",
        ),
    ] = None
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", help="Where Prometheus finds /metrics.", metavar="[HOST:]PORT"),
    ] = None


@dataclass(frozen=True)
class Remote:
    """Which branch to follow, and what may be done."""

    git: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--git", help="Bring this clone to a branch of a remote.", metavar="REMOTE BRANCH"
        ),
    ] = None
    git_interval: Annotated[
        str, typer.Option("--git-interval", help="How often it is fetched.", metavar="TIME")
    ] = "1m"
    push: Annotated[
        bool | None,
        typer.Option(
            "--push/--no-push", help="Push data and commits; with `--git` unless told otherwise."
        ),
    ] = None

    allow: Annotated[
        list[Allowed] | None,
        typer.Option(
            "--allow",
            help="Agree beforehand to what `ymir apply` would ask for; else it waits for somebody.",
            show_default=False,
        ),
    ] = None

    @property
    def is_pushing(self) -> bool:
        """Whether what is recorded is sent to the remotes."""
        return self.git is not None if self.push is None else self.push


def duration(text: str) -> float:
    """Seconds."""
    if not _DURATION.fullmatch(text):
        raise SpecError(f"`{text}` is no time", hint="say `90s`, `5m` or `1h`")
    return float(seconds(text))


def workspace_of(specs: Path | None, workspace: Path) -> Path:
    """The workspace that is meant by its folder, its folder of specs, or a spec in there."""
    if specs is None:
        return workspace.resolve()
    if workspace != Path():
        raise SpecError("the workspace is named twice", hint="leave `--workspace` away")
    asked = Path(specs).absolute()
    for folder in (asked, *asked.parents):
        if folder.name == "specs" and not (folder / "specs").is_dir():
            return folder.parent.resolve()
        if (folder / "specs").is_dir():
            return folder.resolve()
    raise SpecError(
        f"`{specs}` is not a workspace: it has no folder `specs`",
        hint="`ymir init` makes one; name the workspace, or its folder of specs",
    )
