"""The `Workspace` that rules, where it is not the one that stands among the specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ymir.errors import SpecError
from ymir.spec.compose import Composed, compose
from ymir.spec.document import Document, identify
from ymir.spec.mistakes import BrokenSpecsError

KIND = "Workspace"
_PLAIN = f"{{apiVersion: ymir/v1, kind: {KIND}}}\n"


def workspaces(files: Mapping[str, Composed]) -> Iterator[Document]:
    """Every document of this kind."""
    for file, composed in files.items():
        for node in composed.documents:
            found = identify(node, file) if node.value is not None else None
            if isinstance(found, Document) and found.kind == KIND:
                yield found


def approved(files: Mapping[str, Composed], ref: str) -> Document:
    """The one `Workspace` of a commit; an empty one where it has none. None is overlooked."""
    if mistakes := [each for composed in files.values() for each in composed.mistakes]:
        raise BrokenSpecsError(mistakes)
    found = list(workspaces(files))
    if len(found) > 1:
        places = ", ".join(each.where for each in found)
        raise SpecError(
            f"`{ref}` has more than one `{KIND}`: {places}", hint="mend that commit's branch first"
        )
    return found[0] if found else _plain(ref)


def _plain(ref: str) -> Document:
    node = compose(_PLAIN, ref).documents[0]
    return Document(ref, node, KIND, {"apiVersion": "ymir/v1", "kind": KIND})
