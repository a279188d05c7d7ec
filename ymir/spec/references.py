"""What only the whole catalogue can tell: what is there twice, or made from itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from ymir.spec.complaints import Complaint
from ymir.spec.document import Checked, Document
from ymir.spec.executor import ExecutorSpec
from ymir.spec.mistakes import Mistake, one_of
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


def fit_to_run(entries: Sequence[Checked]) -> Iterator[Mistake]:
    """Executors that the workspace does not allow, or that its backend cannot run."""
    specs = [entry.spec for entry in entries]
    workspace = next((s for s in specs if isinstance(s, WorkspaceSpec)), WorkspaceSpec())
    executors = {s.name: s for s in specs if isinstance(s, ExecutorSpec)}
    for entry in entries:
        match entry.spec:
            case ExecutorSpec(image=str(image)) if not _is_allowed(image, workspace):
                allowed = one_of(workspace.images)
                why = f"is not an image that `Workspace` allows: {allowed}"
                yield entry.document.mistake(Complaint(("image",), why))
            case ProjectSpec() as project:
                executor = executors.get(project.train.executor)
                unfit = executor and _unfit(executor, workspace.backend)
                if unfit:
                    yield entry.document.mistake(Complaint(("train", "executor"), unfit))


def _is_allowed(image: str, workspace: WorkspaceSpec) -> bool:
    return any(fnmatchcase(image, pattern) for pattern in workspace.images)


def _unfit(executor: ExecutorSpec, backend: str) -> str | None:
    is_command = executor.image is None and executor.bundled is None
    match backend:
        case "process" if executor.image is not None:
            return "is a container image, which the backend `process` does not run"
        case "docker" if is_command:
            return "is a command of this machine, which the backend `docker` does not run"
    return None
