"""`--push`: what a run records is sent after what cost something, and once it is over."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.dvc.away import has_remote
from ymir.dvc.tracked import TRACKED, is_whole, restore
from ymir.errors import Exit, SpecError, StoreError, YmirError
from ymir.git import branch_here, head, is_repository
from ymir.plan.stage import Stage
from ymir.publishing.publish import KeptError, Published, begin, publish
from ymir.publishing.target import Target, target
from ymir.spec.workspace import WorkspaceSpec

_COSTLY = ("train", "label")  # kinds that took a GPU, or people
PushToOption = Annotated[
    str | None,
    typer.Option(
        "--push-to",
        help="The branch that commits are pushed to; by default the one that is checked out, or "
        "the one that CI names.",
        metavar="BRANCH",
    ),
]


@dataclass(frozen=True)
class PushOptions:
    """Whether what is recorded is sent, and where."""

    push: Annotated[
        bool | None,
        typer.Option(
            "--push/--no-push",
            help="Send what is recorded: data to the remote, then commits and tags. By default as "
            "the `Workspace` spec says.",
        ),
    ] = None
    push_to: PushToOption = None


@dataclass
class Outbox:
    """Sends what is recorded while it is held open, unless there is no `target`.

    A fault on the way is no reason to end a run: it is told at the end. That others recorded
    something else is one, for whatever else is made would be in vain.
    """

    root: Path
    target: Target | None
    said: Published | None = None
    error: YmirError | None = None

    def begin(self) -> bool:
        """Go along with what other runs recorded, before anything is planned; whether there was."""
        if self.target is None or not begin(self.root, self.target):
            return False
        restore(self.root)
        if lacking := [each for each in TRACKED if not is_whole(self.root, each)]:
            from ymir.dvc import remote  # importing DVC takes half a second

            remote.pull(self.root, lacking)
        return True

    def after(self, stage: Stage) -> None:
        """Send what has cost something at once."""
        if self.target is None or stage.kind not in _COSTLY:
            return
        try:
            publish(self.root, self.target, is_following=False)
        except KeptError:
            raise
        except StoreError:
            return  # the end of the run tries again, and tells

    def __enter__(self) -> Outbox:
        """Nothing to send yet."""
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        """Send everything, also what a run recorded that failed; tell what hinders it."""
        if self.target is None or isinstance(error, KeptError):
            return
        if error is not None and not isinstance(error, YmirError):
            return
        try:
            self.said = publish(self.root, self.target)
        except StoreError as hindrance:
            self.error = hindrance
            if error is not None:
                console.show_error(hindrance)

    def exit_code(self, code: Exit) -> Exit:
        """What the run ends with: a failure, if something is recorded that nobody else has."""
        return Exit.FAILED if self.error else code

    def data(self) -> dict[str, object] | None:
        """What was sent, for programs; None where nothing was asked for."""
        if self.target is None:
            return None
        said = self.said or Published(self.target)
        return {**data_of(said), "error": str(self.error) if self.error else None}

    def conclude(self) -> None:
        """Say it to people."""
        if self.error:
            console.show_error(self.error)
        for line in words_of(self.said) if self.said else ():
            console.out(line)
        if self.target is None and (place := nowhere(self.root)):
            console.out(place)


def outbox(
    root: Path, spec: WorkspaceSpec, options: PushOptions, *, is_committing: bool = True
) -> Outbox:
    """Where what is recorded is sent; what is missing for it is said before anything runs."""
    asked = options.push if options.push is not None else spec.push or options.push_to is not None
    if not asked:
        return Outbox(root, None)
    if not (is_committing and spec.commit):
        raise SpecError("only commits can be pushed, and none are made", hint="see `commit`")
    return Outbox(root, destination(root, spec, options.push_to))


def destination(root: Path, spec: WorkspaceSpec, push_to: str | None) -> Target:
    """The branch to push to, where there is one, and a remote for data."""
    if not is_repository(root):
        raise StoreError("this workspace lies in no git repository", hint="`git init`")
    if not (spec.remote or has_remote(root, "")):
        raise StoreError(
            "this workspace has no remote for its data, which go before the commits",
            hint="write `remote: <folder or URL>` in its `Workspace` spec",
        )
    return target(root, push_to, os.environ)


def nowhere(root: Path) -> str | None:
    """A remark that commits lie on no branch, where that is so."""
    if not is_repository(root) or branch_here(root) or (here := head(root)) is None:
        return None
    return f"the work tree is on no branch: `git switch -c NAME {here[:10]}` keeps what is recorded"


def data_of(said: Published) -> dict[str, object]:
    """What was sent, for programs."""
    return {
        "target": str(said.target),
        "objects": said.objects,
        "commits": said.commits,
        "by_people": said.by_people,
        "rebased": said.rebased,
        "tags": list(said.tags),
        "behind": said.behind or None,
    }


def words_of(said: Published) -> list[str]:
    """What was sent, in a line or two."""
    if not (said.objects or said.commits or said.tags):
        lines = [f"`{said.target}` and the remote have everything"]
    else:
        people = f", {said.by_people} of people among them" if said.by_people else ""
        upon = ", made again upon those of others" if said.rebased else ""
        tags = f" and {_count(len(said.tags), 'tag')}" if said.tags else ""
        lines = [
            f"pushed to `{said.target}`: {_count(said.objects, 'object')}, "
            f"{_count(said.commits, 'commit')}{people}{upon}{tags}"
        ]
    if said.behind:
        lines.append(f"  this work tree stays as it was, for {said.behind}")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
