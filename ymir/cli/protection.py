"""What `protect: true` keeps people from, and where it says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ymir.errors import SpecError
from ymir.spec.catalogue import Catalogue
from ymir.spec.document import Document, identify
from ymir.spec.files import read_files
from ymir.spec.tree import find


def refuse_protected(root: Path, specs: Catalogue, projects: Iterable[str], what: str) -> None:
    """Stop where one of the projects is protected; `what` would be done, e.g. `rollback`."""
    for name in projects:
        spec = specs.projects.get(name)
        if spec and spec.protect:
            raise SpecError(
                f"the project `{name}` is protected: {what} is refused",
                hint=f"`protect: true` stands at {where(root, 'Project', name)}; take it out first",
            )


def where(root: Path, kind: str, name: str) -> str:
    """`specs/helmet.yaml:12:1`, where the spec of this kind and name says `protect`."""
    for document in _documents(root):
        if document.kind == kind and document.name == name:
            place = find(document.node, ("protect",), at_key=True).place
            return f"{document.file}:{place.line}:{place.column}"
    return "its spec"


def _documents(root: Path) -> Iterator[Document]:
    for file, composed in read_files(root).items():
        for node in composed.documents:
            found = identify(node, file) if node.value is not None else None
            if isinstance(found, Document):
                yield found
