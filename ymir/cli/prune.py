"""`ymir prune`: forget what no spec and no round needs any more."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.formerly import formerly_protected
from ymir.cli.running.holding import everything, leased
from ymir.cli.running.ledger import GitLedger
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import Workspace, open_workspace
from ymir.dvc.files import storing
from ymir.dvc.folders import let_go
from ymir.dvc.metrics import drop_metrics
from ymir.errors import SpecError, StoreError
from ymir.git import commit, gone, is_repository, uncommitted
from ymir.keeping.unwanted import Unwanted, rounds_in, unwanted, versions_in
from ymir.lock import locked
from ymir.plan.history import labels_bought
from ymir.plan.models import MARK, model_name
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Prune
from ymir.plan.snapshot import Snapshot
from ymir.spec.catalogue import Catalogue

ProjectsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Projects whose rounds go, too: they hold labels that people made.",
        metavar="PROJECT",
        show_default=False,
    ),
]
VersionsOption = Annotated[
    bool, typer.Option("--versions", help="Also old versions of datasets that specs still name.")
]
MostOption = Annotated[
    bool, typer.Option("--most", help="Go on though more than half of all that is recorded goes.")
]


def command(
    projects: ProjectsArgument = None,
    workspace: WorkspaceOption = Path(),
    versions: VersionsOption = False,
    most: MostOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; without --yes, only look.")
    ] = False,
) -> None:
    """Remove the records of what neither a spec nor a round needs, in one commit.

    The data stay in git's history and in the cache: `git revert` brings them back until `ymir gc`
    with `--keep tips` has removed their bytes. What has `protect: true` stays, also if its spec was
    removed with that in it.
    """
    root = workspace.resolve()
    with locked(root):
        opened = open_workspace(root)
        observed = opened.store.observe()
        now = plan(opened.catalogue, observed, opened.look())
        left = _left(opened, projects or (), versions=versions)
        found = _unwanted(opened, observed, now, projects or (), left, versions=versions)
        _show(found, observed, now, as_json=as_json, is_done=yes)
        if not (found.versions or found.projects or left) or (as_json and not yes):
            return
        if not most:
            _refuse_most(found, observed)
        if not (yes or console.ask("remove these records?", "--yes")):
            raise typer.Abort
        with leased(opened, everything(opened.catalogue)) as ours:
            _forget(ours, found, left, projects or ())


def _left(opened: Workspace, projects: Collection[str], *, versions: bool) -> tuple[Path, ...]:
    """Records that a run which was killed has removed, and no commit says so."""
    if not is_repository(opened.root):
        return ()
    specs = opened.catalogue
    kept = {*specs.models} if versions else {*specs.models, *specs.datasets}
    found = gone(opened.root, [f"data/{kind}/*/*.dvc" for kind in ("datasets", "models")])
    rounds = [f"{each}/{name}/*" for name in projects for each in ("data/rounds", "reports")]
    here = tuple(path for path in found if path.parent.name not in kept)
    return (*here, *gone(opened.root, rounds))


def _unwanted(
    opened: Workspace,
    observed: Snapshot,
    now: Plan,
    projects: Collection[str],
    left: Collection[Path],
    *,
    versions: bool,
) -> Unwanted:
    recorded = {each.project for each in rounds_in(observed)} | {each.parent.name for each in left}
    for name in projects:
        if name in opened.catalogue.projects:
            raise SpecError(
                f"the project `{name}` has a spec, which needs its rounds",
                hint="remove the spec first, or begin anew with `ymir apply --restart`",
            )
        if name not in recorded:
            raise SpecError(f"no round of a project `{name}` is recorded")
    kept = _formerly(opened, observed, now, projects)
    return unwanted(
        now,
        observed,
        protected=_protected(opened.catalogue) | kept,
        projects=projects,
        versions=versions,
    )


def _formerly(
    opened: Workspace, observed: Snapshot, now: Plan, projects: Collection[str]
) -> set[str]:
    """Datasets and models whose specs went while they were protected: they stay.

    An error of such a project: its rounds are to go, and it is named.
    """
    rounds = {each.project for each in rounds_in(observed)}
    gone = [step.name for step in now.steps if isinstance(step, Prune)]
    named = dict.fromkeys(projects, "Project")
    found = formerly_protected(opened.root, named)
    for name, place in found.items():
        raise SpecError(
            f"the project `{name}` was protected when its spec was removed: `prune` is refused",
            hint=f"{place} says `protect: true`; bring it back without that, commit, and remove it",
        )
    made = {name: ("Model" if model_name(name) else "Dataset") for name in gone}
    kinds = {model_name(name) or name: made[name] for name in gone if name not in rounds}
    kept = formerly_protected(opened.root, kinds)
    for name, place in kept.items():
        console.error(f"note: `{name}` stays: {place} said `protect: true`")
    return {name for name in gone if (model_name(name) or name) in kept}


def _protected(specs: Catalogue) -> set[str]:
    datasets = {name for name, spec in specs.datasets.items() if spec.protect}
    return datasets | {f"{MARK}{name}" for name, spec in specs.models.items() if spec.protect}


def _refuse_most(found: Unwanted, observed: Snapshot) -> None:
    going = len(found.versions) + sum(len(rounds_in(observed, each)) for each in found.projects)
    everything = len(list(versions_in(observed))) + len(rounds_in(observed))
    if going * 2 > everything:
        raise StoreError(
            f"{going} of {everything} versions and rounds would go; have specs been lost?",
            hint="look at `git log -- specs`; if it is meant, add `--most`",
        )


def _show(found: Unwanted, observed: Snapshot, now: Plan, *, as_json: bool, is_done: bool) -> None:
    without_spec = {step.name for step in now.steps if isinstance(step, Prune)}
    others = sorted(
        {each.project for each in rounds_in(observed)} & without_spec - {*found.projects}
    )
    if as_json:
        going = {"versions": found.versions, "projects": found.projects}
        console.data({"removed": is_done, **going, "kept": others})
        return
    for name in found.versions:
        console.out(f"- {name}  {_what(name, observed)}")
    for name in found.projects:
        console.out(f"- {name}  {_rounds(name, observed)}")
    for name in others:
        console.out(f"  {name}  {_rounds(name, observed)}: stays; `ymir prune {name}` removes it")
    if not (found.versions or found.projects):
        console.out("nothing to prune")


def _what(version: str, observed: Snapshot) -> str:
    if model_name(version):
        return "an imported model"
    return f"{observed[version].facts.get('images', '?')} images"


def _rounds(project: str, observed: Snapshot) -> str:
    rounds = rounds_in(observed, project)
    bought = sum(labels_bought(project, each.number, observed) for each in rounds)
    return f"{len(rounds)} rounds with {bought} labelled images"


def _forget(
    opened: Workspace, found: Unwanted, left: Collection[Path], projects: Collection[str]
) -> None:
    """Remove records with their folders, the newest rounds first, then make one commit.

    Of the `projects` that were named, a run that was killed may have removed all but the figures.
    """
    root = opened.root
    is_committing = opened.catalogue.workspace.commit and is_repository(root)
    GitLedger(root, is_committing=is_committing).catch_up()
    pointers = [root / "data" / _place(name) for name in found.versions]
    for name in found.projects:
        rounds = (root / "data" / "rounds" / name).glob("*.dvc")
        pointers += sorted(rounds, key=lambda path: (len(path.stem), path.stem), reverse=True)
        pointers += (root / "reports" / name).glob("html.dvc")
    _refuse_uncommitted(root, pointers)
    with storing("records cannot be removed"):
        for path in pointers:
            let_go(path)
        figures = [file for name in projects for file in drop_metrics(root, name)]
    if is_committing:
        what = ", ".join([*found.projects, *found.versions] or _names(left))
        changed = [*pointers, *figures, *left]
        commit(root, changed, f"Prune {what}", {"Ymir-Stage": "prune"})


def _names(left: Collection[Path]) -> list[str]:
    """Of whom records were removed before."""
    return sorted({path.parent.name for path in left})


def _refuse_uncommitted(root: Path, pointers: Collection[Path]) -> None:
    """What no commit holds could never come back."""
    if is_repository(root) and (left := uncommitted(root, pointers)):
        raise StoreError(
            f"`{left[0]}` is in no commit, and could not come back", hint="commit it first"
        )


def _place(version: str) -> str:
    name, _, number = version.partition("@")
    model = model_name(name)
    return f"models/{model}/{number}.dvc" if model else f"datasets/{name}/{number}.dvc"
