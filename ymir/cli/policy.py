"""Whose rules hold: those of the specs at hand, or those of a commit that somebody has approved."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.errors import SpecError, StoreError
from ymir.git import attempt, output
from ymir.spec.compose import compose
from ymir.spec.document import Document
from ymir.spec.files import read_files
from ymir.spec.policy import KIND, approved, workspaces

VARIABLE = "YMIR_POLICY_FROM"
_SPECS = "specs"
_SUFFIXES = (".yaml", ".yml")
_FILE = "100"  # the mode of what is no link and no folder begins so
_LINK = "120000"
_OWN = ("data", "media", "reports", "labels", ".ymir", ".dvc")  # where ymir writes
_LARGEST = 1_000_000  # bytes of a file


@dataclass(frozen=True)
class Policy:
    """Where `Workspace` is read from."""

    policy_from: Annotated[
        str | None,
        typer.Option(
            "--policy-from",
            help="Take `Workspace` from this commit, e.g. the base of a pull request.",
            metavar="REF",
            envvar=VARIABLE,
            show_default=False,
        ),
    ] = None


@contextmanager
def under(policy: Policy, root: Path) -> Iterator[None]:
    """While inside, this policy holds, also for the commands that this one begins."""
    before = os.environ.get(VARIABLE)
    if policy.policy_from:
        os.environ[VARIABLE] = policy.policy_from
    try:
        if ruling := policy_of(root):
            refuse_links(root, ruling)
            if said := unheeded(root, ruling):
                console.error(f"note: {said}")
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def is_foreign() -> bool:
    """Whether the specs are somebody's who may ask, but not decide."""
    return bool(os.environ.get(VARIABLE))


def policy_of(root: Path) -> Document | None:
    """The `Workspace` of the commit that was named; None where none was."""
    ref = os.environ.get(VARIABLE, "")
    if not ref:
        return None
    if ref.startswith("-") or ":" in ref or not ref.isprintable():
        raise SpecError(f"`{ref}` is no commit", hint="name a branch, a tag or a commit's id")
    files = {f"{ref}:{name}": text for name, text in _specs_at(root, ref)}
    return approved({name: compose(text, name) for name, text in files.items()}, ref)


def _specs_at(root: Path, ref: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each spec file of a commit; nothing is fetched, no link followed."""
    named = attempt(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    commit = named.stdout.strip()
    if named.returncode != 0 or not commit:
        raise StoreError(
            f"this clone has no commit `{ref}`, of which the policy was to be taken",
            hint="fetch it first: `git fetch --depth=1 origin main:refs/remotes/origin/main`",
        )
    listed = output(root, "ls-tree", "-r", "-l", "-z", commit, "--", f"{_SPECS}/")
    for entry in filter(None, listed.split("\0")):
        about, _, name = entry.partition("\t")
        mode, _, digest, size = about.split()
        if mode.startswith(_FILE) and name.endswith(_SUFFIXES) and "/." not in name:
            if not size.isdigit() or int(size) > _LARGEST:
                raise StoreError(
                    f"`{ref}:{name}` is not at hand, or too large for a spec",
                    hint="fetch that commit, as `fetch-depth: 0` does in CI",
                )
            yield name, output(root, "cat-file", "blob", digest).removeprefix("\ufeff")


def refuse_links(root: Path, ruling: Document) -> None:
    """Let no link of the tree lead to what its author may not read, whatever it is taken for."""
    top = Path(output(root, "rev-parse", "--show-toplevel").strip())
    paths = ruling.value.get("paths")
    allowed = [root / str(each) for each in paths] if isinstance(paths, list) else []
    for entry in filter(None, output(top, "ls-files", "--stage", "-z").split("\0")):
        about, _, name = entry.partition("\t")
        if about.startswith(_LINK) and not _is_inside(top / name, top, allowed):
            raise SpecError(
                f"`{name}` is a link that leads out of the repository",
                hint="commit what it leads to, or have the folder added to `paths` of `Workspace`",
            )


def refuse_detours(root: Path) -> None:
    """Let no link in the repository lead ymir's own folders elsewhere: it writes and clears them.

    One that git does not keep is somebody's here, who has put them on another disk.
    """
    listed = attempt(root, "ls-files", "--stage", "-z", "--", *_OWN).stdout  # nothing, without git
    for entry in filter(None, listed.split("\0")):
        about, _, name = entry.partition("\t")
        if about.startswith(_LINK):
            raise SpecError(
                f"`{name}` is a link, where ymir keeps its own files",
                hint=f"take it out of the repository: `git rm --cached {shlex.quote(name)}`",
            )


def _is_inside(link: Path, top: Path, allowed: Iterable[Path]) -> bool:
    try:
        place, tree = link.resolve(), top.resolve()
        if place.is_relative_to(tree):
            return ".git" not in place.relative_to(tree).parts
        return any(place.is_relative_to(each.resolve()) for each in allowed)
    except (OSError, RuntimeError):  # one that leads to itself
        return True


def unheeded(root: Path, ruling: Document) -> str | None:
    """That the `Workspace` among the specs does not rule, where it says something else."""
    written = next((each for each in workspaces(read_files(root))), None)
    if written is None or written.value == ruling.value:
        return None
    ref = os.environ[VARIABLE]
    return f"{written.where}: this `{KIND}` is not followed; that of `{ref}` is"
