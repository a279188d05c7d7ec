"""One spec as it stands in a file, before and after its fields are checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from ymir.spec.catalogue import KINDS, AnySpec
from ymir.spec.complaints import Complaint, complaints, not_among, shown
from ymir.spec.mistakes import Mistake, one_of
from ymir.spec.scope import Scope
from ymir.spec.shape import Shape
from ymir.spec.tree import Node, find, plain


@dataclass(frozen=True)
class Document:
    """A spec of a known kind."""

    file: str
    node: Node
    kind: str
    value: Mapping[str, JsonValue]

    @property
    def name(self) -> str | None:
        """How others refer to it, where it has a usable name."""
        name = self.value.get("name")
        return name if isinstance(name, str) else None

    def mistake(self, complaint: Complaint) -> Mistake:
        """The complaint with its place."""
        found = find(self.node, complaint.path, at_key=complaint.at_key)
        place = found.place
        return Mistake(self.file, place.line, place.column, found.field or self.kind, complaint.why)

    @property
    def where(self) -> str:
        """Where the spec begins, for a mistake elsewhere that is about it."""
        place = find(self.node, ("name",) if self.name else ("kind",)).place
        return f"{self.file}:{place.line}:{place.column}"


@dataclass(frozen=True)
class Checked:
    """A document that was checked: its spec, or what is wrong with it."""

    document: Document
    spec: AnySpec | None
    mistakes: tuple[Mistake, ...] = ()


def identify(node: Node, file: str) -> Document | Mistake:
    """Find out what a document describes."""
    value = plain(node)
    if not isinstance(value, dict):
        why = f"must be a mapping of fields, not {shown(value)}"
        return Mistake(file, node.place.line, node.place.column, "", why)
    kind = value.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return Document(file, node, kind, value)
    place = find(node, ("kind",)).place
    why = not_among(kind, KINDS) if "kind" in value else f"is missing: {one_of(KINDS)}"
    return Mistake(file, place.line, place.column, "kind", why)


def check(document: Document, scope: Scope) -> Checked:
    """Check every field of a document."""
    model = KINDS[document.kind]
    found = [] if "apiVersion" in document.value else [Complaint(("apiVersion",), "is missing")]
    try:
        spec = model.model_validate(document.value, context=scope, by_name=False)
    except ValidationError as error:
        found += complaints(error, Shape.of(model.model_json_schema()))
        spec = None
    mistakes = tuple(document.mistake(complaint) for complaint in found)
    return Checked(document, spec, mistakes)
