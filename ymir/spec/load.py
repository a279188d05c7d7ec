"""Turn the spec files of a workspace into a catalogue, or into a list of everything wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ymir.spec.allowed import not_allowed
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.document import Checked, Document, check, identify
from ymir.spec.executor import ExecutorSpec
from ymir.spec.files import read_files
from ymir.spec.folders import why_forbidden
from ymir.spec.image import Reference
from ymir.spec.labels import LabelsSpec
from ymir.spec.manual import Manual
from ymir.spec.mistakes import BrokenSpecsError, Mistake
from ymir.spec.model import ModelSpec
from ymir.spec.picked import why_unfit, why_unreadable
from ymir.spec.policy import KIND
from ymir.spec.project import ProjectSpec
from ymir.spec.references import circular, fit_to_run, repeated, told_of
from ymir.spec.scope import Installed, Scope
from ymir.spec.workspace import WorkspaceSpec

# Checked last: they refer to the others and to each other.
_REFERRING = ("Dataset", "Model", "Project")


def load_catalogue(
    workspace: Path,
    installed: Installed,
    policy: Document | None = None,
    kept: str | None = None,
) -> Catalogue:
    """Everything that the files under `specs` ask for; raises all their mistakes at once.

    The `Workspace` is `policy` where there is one; theirs is only checked. `kept` is the folder of
    a copy of the specs, if that is to be read.
    """
    files = read_files(workspace, kept)
    nodes = [(file, node) for file, each in files.items() for node in each.documents]
    identified = [identify(node, file) for file, node in nodes if node.value is not None]
    documents = [each for each in identified if isinstance(each, Document)]
    mistakes = [mistake for each in files.values() for mistake in each.mistakes]
    unknown = [each for each in identified if isinstance(each, Mistake)]
    is_complete = not unknown and all(each.is_whole for each in files.values())

    scope = Scope(installed)
    entries = [check(each, scope) for each in documents if each.kind not in _REFERRING]
    own = [each for each in entries if policy and each.document.kind == KIND]
    if policy:
        entries = [*(each for each in entries if each not in own), check(policy, scope)]
    scope = _widen(scope, entries, workspace)
    if is_complete:
        scope = replace(scope, names=_names(documents))
        mistakes += _without_labels(documents)
    else:
        scope = replace(scope, classes=None)
    entries += [check(each, scope) for each in documents if each.kind in _REFERRING]

    found = [mistake for entry in (*own, *entries) for mistake in entry.mistakes]
    rules = [*repeated(documents), *circular(documents), *fit_to_run(entries, scope.manuals)]
    rules += [*not_allowed(entries)]
    rules += told_of(entries, scope.names.get("Project"))
    mistakes += unknown + _elsewhere(mistakes, found) + rules
    if mistakes:
        raise BrokenSpecsError(mistakes)
    return _catalogue(entries)


def _widen(scope: Scope, entries: Sequence[Checked], workspace: Path) -> Scope:
    """Add what the specs that refer to nothing say to all others."""
    specs = [entry.spec for entry in entries]
    labels = [spec for spec in specs if isinstance(spec, LabelsSpec)]
    classes = {name: primary for each in labels for name, primary in each.primary_names().items()}
    executors = [spec for spec in specs if isinstance(spec, ExecutorSpec)]
    broken = {entry.document.kind for entry in entries if entry.spec is None}
    paths = next((s.paths for s in specs if isinstance(s, WorkspaceSpec)), WorkspaceSpec().paths)
    return replace(
        scope,
        classes=classes if labels and "Labels" not in broken else None,
        manuals=_manuals(scope.installed, executors),
        folders=(
            scope.folders
            if "Workspace" in broken
            else partial(why_forbidden, allowed=paths, workspace=workspace.absolute())
        ),
        lists=partial(why_unfit, workspace=workspace),
        texts=partial(why_unreadable, workspace=workspace, hint="write it, or take the line out"),
    )


def _manuals(
    installed: Installed, executors: Sequence[ExecutorSpec]
) -> Callable[[str], Manual | None]:
    """What the executor of a name says of itself; None of a command, which nobody can ask."""
    named = {each.name: each for each in executors}

    def manual(name: str) -> Manual | None:
        match named.get(name):
            case ExecutorSpec(bundled=str(bundled)):
                return installed.manual(bundled)
            case ExecutorSpec(image=str(image)) if Reference.of(image):
                return installed.image(image)
        return None

    return manual


def _names(documents: Sequence[Document]) -> dict[str, set[str]]:
    """The names of each kind, unless one is still to be found out."""
    names = {
        kind: {each.name for each in documents if each.kind == kind}
        for kind in ("Dataset", "Executor", "Model", "Project")
    }
    return {
        kind: {name for name in each if name} for kind, each in names.items() if None not in each
    }


def _without_labels(documents: Sequence[Document]) -> list[Mistake]:
    if any(each.kind == "Labels" for each in documents):
        return []
    return [Mistake("specs", 0, 0, "Labels", "is missing: it names the classes of the workspace")]


def _elsewhere(known: Sequence[Mistake], found: Sequence[Mistake]) -> list[Mistake]:
    """What was found at places of which nothing is known: one mistake, one message."""
    places = {(each.file, each.line, each.column) for each in known}
    return [each for each in found if (each.file, each.line, each.column) not in places]


def _catalogue(entries: Sequence[Checked]) -> Catalogue:
    specs = [entry.spec for entry in entries]
    return Catalogue(
        labels=next(spec for spec in specs if isinstance(spec, LabelsSpec)),
        datasets={spec.name: spec for spec in specs if isinstance(spec, DatasetSpec)},
        executors={spec.name: spec for spec in specs if isinstance(spec, ExecutorSpec)},
        models={spec.name: spec for spec in specs if isinstance(spec, ModelSpec)},
        projects={spec.name: spec for spec in specs if isinstance(spec, ProjectSpec)},
        workspace=next((s for s in specs if isinstance(s, WorkspaceSpec)), WorkspaceSpec()),
    )
