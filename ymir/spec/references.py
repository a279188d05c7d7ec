"""What only the whole catalogue can tell: what is there twice, or made from itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from ymir.spec.complaints import Complaint
from ymir.spec.document import Checked, Document
from ymir.spec.executor import ExecutorSpec
from ymir.spec.mistakes import Mistake
from ymir.spec.workspace import WorkspaceSpec

_ONLY_ONCE = ("Labels", "Workspace")


def repeated(documents: Sequence[Document]) -> Iterator[Mistake]:
    """Specs that are there twice."""
    first: dict[tuple[str, str | None], Document] = {}
    for document in documents:
        key = (document.kind, document.name if document.kind not in _ONLY_ONCE else None)
        if document.kind not in _ONLY_ONCE and document.name is None:
            continue
        if key not in first:
            first[key] = document
            continue
        where = first[key].where
        if document.name is None:
            why = f"there may be only one {document.kind}, and {where} has it"
            yield document.mistake(Complaint(("kind",), why))
        else:
            why = f"there is a {document.kind} `{document.name}` already, at {where}"
            yield document.mistake(Complaint(("name",), why))


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


def without_containers(entries: Sequence[Checked]) -> Iterator[Mistake]:
    """Executors that are images, where jobs run as plain processes."""
    workspaces = [e.spec for e in entries if isinstance(e.spec, WorkspaceSpec)] or [WorkspaceSpec()]
    for entry in entries:
        if not isinstance(entry.spec, ExecutorSpec) or entry.spec.image is None:
            continue
        if workspaces[0].backend == "process":
            why = "needs a `Workspace` with a `backend` for containers; it is `process`"
            yield entry.document.mistake(Complaint(("image",), why))
