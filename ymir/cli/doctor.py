"""`ymir doctor`: what is wrong with a workspace, and the command that mends it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.checkup.finding import AREAS, Area, Check, Finding, Severity, gathered
from ymir.cli import console
from ymir.cli.policy import is_foreign
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.errors import Exit, SpecError

if TYPE_CHECKING:
    from ymir.cli.workspace import Workspace
    from ymir.lease.taking import Found
    from ymir.plan.plan import Plan

_SHOWN = 8  # findings of one area in words; the rest is counted

DeepOption = Annotated[
    bool, typer.Option("--deep", help="Also read every stored object again, as `ymir fsck` does.")
]
RemoteOption = Annotated[
    bool, typer.Option("--remote", help="Also ask the remotes: for data, and for leases.")
]


def command(
    workspace: WorkspaceOption = Path(),
    deep: DeepOption = False,
    remote: RemoteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for what is wrong with a workspace; name the command that mends it.

    Nothing is changed, no secret is read, and no label tool is asked. Exits with 1 if something
    stands in the way; warnings (`!`) do not count.
    """
    root = workspace.resolve()
    if not (root / "specs").is_dir():
        raise SpecError(
            f"`{root}` is no workspace: it has no folder `specs`",
            hint="go to the workspace, or name it with `-C`; `ymir init` makes one",
        )
    if remote and is_foreign():
        hint = "ask it from a commit that was merged"
        raise SpecError("a stranger's pull request reaches no remote", hint=hint)
    found = list(gathered(list(_checks(root, deep=deep, remote=remote))))
    is_wrong = any(each.severity == "error" for each in found)
    code = Exit.FAILED if is_wrong else Exit.DONE
    if as_json:
        console.data({"findings": [each.data() for each in found], "exit": int(code)})
    else:
        console.out("\n".join(_lines(found)))
    raise typer.Exit(code)


def _checks(root: Path, *, deep: bool, remote: bool) -> Iterator[tuple[Area, Check]]:
    """Every check; those of specs that cannot be read only say that."""
    from ymir.checkup import leftovers, repository, runs, storage, versioning
    from ymir.cli.running.ledger import unrecorded

    yield "git", partial(repository.look, root)
    yield "git", lambda: repository.left(unrecorded(root), root) if _has_git(root) else ()
    yield "git", partial(repository.unsent, root)
    yield "dvc", lambda: versioning.look(root, _remote(root))
    yield "data", lambda: storage.look(root, is_committing=_commits(root))
    yield "data", partial(storage.sent, root)
    if remote:
        yield "data", partial(storage.asked, root)
        yield "runs", lambda: runs.leases(_leases(root))
    if deep:
        yield "data", partial(_deep, root)
    yield "runs", partial(runs.killed, root)
    yield "specs", partial(_planned, root)
    yield "leftovers", lambda: leftovers.look(root, time.time())


def _has_git(root: Path) -> bool:
    from ymir.git import is_repository

    return is_repository(root)


def _remote(root: Path) -> str | None:
    try:
        return catalogue(root).workspace.remote
    except SpecError:  # told as what is wrong with the specs
        return None


def _commits(root: Path) -> bool:
    try:
        return catalogue(root).workspace.commit
    except SpecError:
        return True


def _planned(root: Path) -> Iterator[Finding]:
    """What needs specs that can be read, and a plan."""
    from ymir.checkup import machine, people, repository, runs, wanted
    from ymir.cli.images import LocalImages
    from ymir.cli.jobs.bench import JobBench
    from ymir.cli.workspace import open_workspace
    from ymir.plan.plan import plan
    from ymir.plan.planner import Run
    from ymir.plan.stage import RoundOf

    try:
        opened = open_workspace(root, images=LocalImages())
    except SpecError as error:
        mend = "correct it; `ymir validate` looks again"
        for said in str(error).splitlines()[:_SHOWN]:
            yield Finding("specs", "invalid", "error", "specs", said.strip(), mend)
        return
    observed, world = opened.store.observe(), opened.look()
    now = plan(opened.catalogue, observed, world)
    places = {each for name in observed if (each := RoundOf.of(name))}
    yield from repository.tags(root, [each for each in places if each.stage("judge") in observed])
    yield from wanted.blocked(now)
    yield from wanted.unasked(now, observed, opened.catalogue)
    wanted_now = {step.recipe.digest for step in now.steps if isinstance(step, Run)}
    yield from runs.jobs(root, JobBench(root).jobs(), wanted_now)
    yield from people.look(root, now, observed, world)
    yield from machine.room(root)
    yield from _equipment(opened, now)


def _equipment(opened: Workspace, now: Plan) -> Iterator[Finding]:
    """What the next stages need of this machine, and is not here."""
    from ymir.checkup import machine
    from ymir.cli.images import LocalImages
    from ymir.cli.place import place
    from ymir.cli.running.supply import needs
    from ymir.plan.needs import executors

    known = opened.catalogue.executors
    here = place(opened.catalogue.workspace.backend)
    wanted = [known[name] for name in executors(now) if name in known]
    yield from machine.environments([each for each in wanted if not here.is_contained(each)])
    yield from machine.lacks(needs(now, opened.catalogue, LocalImages()).lacks)


def _leases(root: Path) -> list[Found]:
    """Whose leases the git remote has."""
    from ymir.cli.running.holding import refs_at
    from ymir.lease.sights import Sights
    from ymir.lease.taking import look

    spec = catalogue(root).workspace.lease
    if spec.hold == "never":
        return []
    with refs_at(root, spec) as refs:
        return look(refs, Sights(root / ".ymir" / "leases.json")) if refs else []


def _deep(root: Path) -> Iterator[Finding]:
    """Every object, read again."""
    from ymir.dvc.tracked import TRACKED
    from ymir.keeping import inspection

    for project in TRACKED:
        for each in inspection.hashed(root, project, lambda _: True, lambda _: None):
            what = inspection.MEANINGS[each.kind]
            severity: Severity = "warning" if each.kind == "mode" else "error"
            yield Finding(
                "data", each.kind, severity, f"object {each.name}", what, "ymir fsck --fix"
            )


def _lines(found: Sequence[Finding]) -> Iterable[str]:
    width = max(map(len, AREAS))
    for area, meaning in AREAS.items():
        own = [each for each in found if each.area == area]
        if not own:
            yield f"✓ {area.ljust(width)}  {meaning}"
        for each in own[:_SHOWN]:
            yield f"{'✗' if each.severity == 'error' else '!'} {area.ljust(width)}  {each.says}"
        if len(own) > _SHOWN:
            yield f"  {' ' * width}  … and {len(own) - _SHOWN} more: see `--json`"
    yield _sum(found)


def _sum(found: Sequence[Finding]) -> str:
    errors = sum(each.severity == "error" for each in found)
    warnings = len(found) - errors
    if not found:
        return "nothing is wrong"
    parts = ((errors, "error"), (warnings, "warning"))
    return ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in parts if count)
