"""`ymir plan --refresh-only`: what is not as it was recorded; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.policy import is_foreign
from ymir.cli.specs import catalogue
from ymir.cli.workspace import open_workspace
from ymir.errors import Exit, SpecError, StoreError

if TYPE_CHECKING:
    from ymir.cli.workspace import Workspace
    from ymir.drift.finding import Finding, Unseen


@dataclass(frozen=True)
class Looking:
    """Whether to look for drift, and how far."""

    refresh_only: Annotated[
        bool,
        typer.Option(
            "--refresh-only",
            help="Plan nothing: look for what is not as it was recorded, and for what heals it.",
        ),
    ] = False
    remote: Annotated[
        bool, typer.Option("--remote", help="With `--refresh-only`: ask the remote, too.")
    ] = False

    def __post_init__(self) -> None:
        """A plan alone asks no remote."""
        if self.remote and not self.refresh_only:
            raise SpecError(
                "`--remote` goes with `--refresh-only`",
                hint="say `ymir plan --refresh-only --remote`",
            )

    def show(self, workspace: Path, *, as_json: bool) -> Exit:
        """Show what has drifted: 0 nothing, 2 something, 1 if the remote cannot be asked."""
        if self.remote and is_foreign():
            hint = "ask it from a commit that was merged"
            raise SpecError("a stranger's pull request reaches no remote", hint=hint)
        from ymir.drift.finding import Finding

        seen = list(_look(workspace.resolve(), is_asking=self.remote))
        drift = [each for each in seen if isinstance(each, Finding)]
        unseen = [each for each in seen if not isinstance(each, Finding)]
        is_silent = any(each.code == "remote-silent" for each in unseen)
        code = Exit.PENDING if drift else Exit.FAILED if is_silent else Exit.DONE
        if as_json:
            lists = {"drift": [x.data() for x in drift], "unseen": [x.data() for x in unseen]}
            console.data({**lists, "exit": int(code)})
            return code
        for line in (*(each.says for each in drift), *(each.says for each in unseen)):
            console.out(line)
        if not drift:
            console.out("no drift" if not unseen else "no drift in what could be looked at")
        return code


def _look(root: Path, *, is_asking: bool) -> Iterator[Finding | Unseen]:
    from ymir.drift import artefacts, pointers, remote, sources
    from ymir.drift.finding import Finding

    specs = catalogue(root)
    broken = list(pointers.look(root, is_committing=specs.workspace.commit))
    yield from broken
    yield from artefacts.look(root)
    try:
        opened = open_workspace(root, depth="files")
        yield from sources.look(opened.catalogue, opened.store.observe(), opened.look())
    except StoreError as error:
        if not any(each.code in ("pointer-unreadable", "pointer-removed") for each in broken):
            yield Finding("pointer-unreadable", "data", str(error), error.hint or "git status")
    if is_asking:
        yield from remote.look(root)


def heed(opened: Workspace) -> None:
    """Before a run: refuse records that people changed, and say which artefacts they edited.

    The ledger would commit such a record as its own. An edited artefact does no harm: a run goes by
    what is recorded; where that was written into, nothing may be made of it.
    """
    from ymir.drift import artefacts, pointers

    if opened.catalogue.workspace.commit and (found := list(pointers.uncommitted(opened.root))):
        lines = "\n".join(f"  {each.where}: {each.what}" for each in found)
        raise StoreError(
            f"these records are not as ymir wrote them; nothing is done:\n{lines}",
            hint=f"`{found[0].heal}` takes the change back; to keep it, commit it yourself",
        )
    looked = list(artefacts.look(opened.root, [""]))
    if damaged := [each for each in looked if each.code == "cache-damaged"]:
        lines = "\n".join(f"  {each.where}: {each.what}" for each in damaged)
        raise StoreError(
            f"what is recorded is damaged; nothing is done:\n{lines}",
            hint="`ymir fsck --fix` puts it aside and gets it back from the remote",
        )
    for each in looked:
        if each.code == "artefact-edited":
            console.error(
                f"note: `{each.where}` {each.what}; ymir goes by what is recorded, and keeps the "
                "edit in `.ymir/edited` when it needs the folder: `ymir plan --refresh-only`"
            )
