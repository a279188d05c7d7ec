"""`ymir ci …`: tell a code-hosting service what a plan says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from ymir.ci.plan import read
from ymir.cli import console
from ymir.cli.failing import repository_of
from ymir.cli.specs import WorkspaceOption
from ymir.errors import SpecError

if TYPE_CHECKING:
    from ymir.ci.thread import Kept

command = typer.Typer(
    name="ci",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tell a code-hosting service what a plan says.",
)

PlanArgument = Annotated[
    Path,
    typer.Argument(
        help="A plan, as `ymir plan -o` or `--json-into` writes it.",
        metavar="PLAN",
        show_default=False,
    ),
]
_DONE: Mapping[Kept, str] = {
    "created": "the comment is new",
    "updated": "the comment was brought up to date",
    "unchanged": "the comment says this already",
    "deleted": "nothing changes any more: the comment is taken away",
    "none": "nothing changes: there is no comment",
}


@command.command("comment")
def comment(
    plan: PlanArgument,
    workspace: WorkspaceOption = Path(),
    on_github: Annotated[bool, typer.Option("--github", help="Comment on GitHub.")] = False,
    on_gitlab: Annotated[bool, typer.Option("--gitlab", help="Comment on GitLab.")] = False,
    number: Annotated[
        int | None,
        typer.Option("--number", help="The pull request, where the job is not about one.", min=1),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the comment, and reach nothing.")
    ] = False,
) -> None:
    """Keep one comment on the pull request that says what the plan does.

    It is found by a mark that nobody sees, one for each workspace of a repository; it is brought up
    to date, and goes when nothing changes any more. On GitHub the token is `GITHUB_TOKEN` and needs
    `pull-requests: write`; on GitLab it is `GITLAB_TOKEN` and needs the scope `api`. The file may
    come from a stranger: whatever stands in it is shown as text, and which pull request this is
    about is asked of the service.
    """
    from ymir.ci.comment import body, marker

    where = place_of(workspace)
    text = body(read(plan), where)
    if dry_run:
        console.out(text or "nothing changes: there would be no comment")
        return
    console.out(_DONE[_keep(_is_github(on_github, on_gitlab), number, marker(where), text)])


@command.command("summary")
def summarize(plan: PlanArgument, workspace: WorkspaceOption = Path()) -> None:
    """Add the plan to the summary of a job on GitHub, or print it elsewhere."""
    from ymir.ci.comment import summary

    text = summary(read(plan), place_of(workspace))
    if into := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(into).open("a", encoding="utf-8") as page:
            page.write(text)
    else:
        console.out(text)


def place_of(workspace: Path) -> str:
    """Where the workspace lies in its repository; `.` at its top. It need not be there."""
    root = workspace.resolve()
    top = repository_of(root) or Path(
        os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or root
    )
    inside = root.relative_to(top.resolve()) if root.is_relative_to(top.resolve()) else root
    return inside.as_posix()


def _is_github(on_github: bool, on_gitlab: bool) -> bool:
    if on_github and on_gitlab:
        raise SpecError("`--github` and `--gitlab` exclude each other", hint="give one of them")
    if on_github or on_gitlab:
        return on_github
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return True
    if os.environ.get("GITLAB_CI") == "true":
        return False
    raise SpecError("this is no job of GitHub or GitLab", hint="say `--github` or `--gitlab`")


def _keep(is_github: bool, number: int | None, marker: str, text: str | None) -> Kept:
    from ymir.ci import github, gitlab  # HTTP takes its time to load
    from ymir.ci.thread import keep_one

    if is_github:
        repository = github.repository(os.environ)
        with github.service(os.environ) as service:
            event = _event()
            number = number or github.number_in(event)
            number = number or github.number_of_run(service, repository, event)
            thread = github.PullRequest(service, repository, _known(number))
            return keep_one(thread, marker, text)
    project, number = gitlab.project(os.environ), number or gitlab.number_in(os.environ)
    with gitlab.service(os.environ) as service:
        return keep_one(gitlab.MergeRequest(service, project, _known(number)), marker, text)


def _known(number: int | None) -> int:
    if number is None:
        raise SpecError(
            "this job is not about a pull request",
            hint="run it for one, or say `--number N`",
        )
    return number


def _event() -> Mapping[str, JsonValue]:
    """What GitHub says of the event that began the job."""
    file = os.environ.get("GITHUB_EVENT_PATH")
    if not file:
        return {}
    try:
        event = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(
            f"`GITHUB_EVENT_PATH` cannot be read: {error}",
            hint="GitHub's runner sets it; `--number` says which pull request it is",
        ) from error
    return event if isinstance(event, dict) else {}
