"""What only the whole catalogue can tell: what is there twice, or made from itself."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from ymir.spec.complaints import Complaint, shown
from ymir.spec.document import Checked, Document
from ymir.spec.executor import ExecutorSpec
from ymir.spec.image import Reference, is_allowed
from ymir.spec.manual import DETECTION, Manual
from ymir.spec.mistakes import Mistake, one_of, suggestion
from ymir.spec.project import ProjectSpec
from ymir.spec.workspace import WorkspaceSpec

_ONLY_ONCE = ("Labels", "Workspace")


def repeated(documents: Iterable[Document]) -> Iterator[Mistake]:
    """Specs that are there twice."""
    first: dict[tuple[str, str | None], Document] = {}
    for document in documents:
        name = None if document.kind in _ONLY_ONCE else document.name
        if not name and document.kind not in _ONLY_ONCE:
            continue
        earlier = first.setdefault((document.kind, name), document)
        if earlier is document:
            continue
        if name:
            why = f"there is a {document.kind} `{name}` already, in {earlier.where}"
        else:
            why = f"there may be only one {document.kind}; the other is in {earlier.where}"
        yield document.mistake(Complaint(("name",) if name else ("kind",), why))


def circular(documents: Iterable[Document]) -> Iterator[Mistake]:
    """Datasets that are made from themselves; also seen where other fields are still wrong."""
    made = {each.name: each for each in documents if each.kind == "Dataset" and each.name}
    inputs = {name: _inputs(each.value) & set(made) for name, each in made.items()}
    while cycle := _cycle(inputs):
        start = min(cycle)
        way = cycle[cycle.index(start) :] + cycle[: cycle.index(start)]
        why = f"is made from itself: {' ← '.join(f'`{name}`' for name in [*way, start])}"
        yield made[start].mistake(Complaint(("name",), why))
        del inputs[start]


def _inputs(value: Mapping[str, JsonValue]) -> set[str]:
    then = _list(value.get("then"))
    excluded = [_list(op.get("datasets")) for op in then if isinstance(op, dict)]
    names = [_list(value.get("merge")), *excluded]
    return {name for each in names for name in each if isinstance(name, str)}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _cycle(inputs: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(inputs).prepare()
    except CycleError as error:
        return list(error.args[1][:0:-1])
    return []


def fit_to_run(
    entries: Sequence[Checked], manuals: Callable[[str], Manual | None]
) -> Iterator[Mistake]:
    """Executors that the workspace does not allow, or that its backend cannot run."""
    specs = [entry.spec for entry in entries]
    workspace = next((s for s in specs if isinstance(s, WorkspaceSpec)), WorkspaceSpec())
    executors = {s.name: s for s in specs if isinstance(s, ExecutorSpec)}
    for entry in entries:
        match entry.spec:
            case ExecutorSpec(image=str(image), name=name):
                found = _of_image(image, workspace, manuals(name))
                yield from (entry.document.mistake(Complaint(("image",), why)) for why in found)
            case ProjectSpec() as project if executor := executors.get(project.train.executor):
                unfit = _unfit(executor, workspace.backend.use) or _unable(manuals(executor.name))
                if unfit:
                    yield entry.document.mistake(Complaint(("train", "executor"), unfit))


def told_of(entries: Iterable[Checked], projects: Collection[str] | None) -> Iterator[Mistake]:
    """Projects that people want to be told of, and that no spec defines."""
    for entry in entries:
        if not isinstance(entry.spec, WorkspaceSpec) or projects is None:
            continue
        for i, notify in enumerate(entry.spec.notify):
            for k, name in enumerate(notify.projects):
                if name not in projects:
                    why = f"no Project is called `{name}`{suggestion(name, projects)}"
                    yield entry.document.mistake(Complaint(("notify", i, "projects", k), why))


def _of_image(image: str, workspace: WorkspaceSpec, manual: Manual | None) -> Iterator[str]:
    if Reference.of(image) is None:
        yield f"{shown(image)} is not the name of an image: `registry/name:tag`, in small letters"
    elif not is_allowed(image, workspace.images):
        yield f"is not an image that `Workspace` allows: {one_of(workspace.images)}"
    else:
        faults = manual.faults if manual else ()
        yield from (f"has a fault in `/img-man`: {fault}" for fault in faults)


def _unfit(executor: ExecutorSpec, backend: str) -> str | None:
    is_command = executor.image is None and executor.bundled is None
    match backend:
        case "process" if executor.image is not None:
            return "is a container image, which the backend `process` does not run"
        case "docker" | "kubernetes" if is_command:
            return f"is a command of this machine, which the backend `{backend}` does not run"
    return None


def _unable(manual: Manual | None) -> str | None:
    """Why a project can do nothing with an executor of which this is known."""
    if manual is None or manual.is_silent:
        return None
    if DETECTION not in manual.object_types:
        kinds = ", ".join(map(str, manual.object_types))
        return f"does not detect objects: its `object_type` is {kinds}, not {DETECTION}"
    if "infer" not in manual.templates:
        return "has no task `infer`: what it trains could not be judged"
    return None
