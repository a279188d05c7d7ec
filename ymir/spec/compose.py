"""Turn the text of a spec file into documents with places, whoever wrote it: no tags, no bombs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import yaml
from yaml import events

from ymir.spec.mistakes import Mistake, Place
from ymir.spec.scalars import Unclear, scalar
from ymir.spec.tree import KEY, Entry, Node, Path, join

_DEEPEST = 40
_MOST_VALUES = 50_000
_Value = events.ScalarEvent | events.SequenceStartEvent | events.MappingStartEvent


@dataclass(frozen=True)
class Composed:
    """The documents of one file; `is_whole` says that none of its text was given up."""

    documents: tuple[Node, ...]
    mistakes: tuple[Mistake, ...]
    is_whole: bool


class _GivenUp(Exception):  # noqa: N818 - ends the reading of one file and never leaves this module
    def __init__(self, place: Place, why: str) -> None:
        super().__init__(why)
        self.place = place


def compose(text: str, file: str) -> Composed:
    """Read all documents of a file; a syntax error loses what follows it, not what precedes it."""
    reading = _Reading(text, file)
    documents: list[Node] = []
    is_whole = False
    try:
        for document in reading.documents():
            documents.append(document)
        is_whole = True
    except _GivenUp as problem:
        reading.complain(problem.place, str(problem))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reading.complain(_place(mark), f"not valid YAML: {_reason(problem)}")
    except yaml.reader.ReaderError as problem:
        reading.complain(_place_of(problem, text), "a character that YAML does not allow")
    return Composed(tuple(documents), tuple(reading.mistakes), is_whole)


class _Reading:
    """One pass over the events of a file; holds its anchors and what was wrong so far."""

    def __init__(self, text: str, file: str) -> None:
        self.mistakes: list[Mistake] = []
        self._file = file
        self._events: Iterator[events.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._values = 0

    def documents(self) -> Iterator[Node]:
        """Each document as soon as it is complete."""
        for event in self._events:
            if isinstance(event, events.DocumentStartEvent):
                self._anchors = {}
                yield self._node(next(self._events), ())

    def complain(self, place: Place, why: str, path: Path = ()) -> None:
        """Note a mistake and go on."""
        self.mistakes.append(Mistake(self._file, place.line, place.column, join(path), why))

    def _node(self, event: events.Event, path: Path) -> Node:
        place = _place(event.start_mark)
        self._count(1, place)
        if len(path) > _DEEPEST:
            raise _GivenUp(place, f"nested more than {_DEEPEST} levels deep")
        if isinstance(event, events.AliasEvent):
            return self._alias(event, place)
        if not isinstance(event, _Value):
            raise _GivenUp(place, "not valid YAML")
        if event.tag is not None:
            self.complain(place, f"`{event.tag}` is a tag: specs are plain YAML", path)
        before = self._values
        node = self._value(event, place, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._values - before)
        return node

    def _value(self, event: _Value, place: Place, path: Path) -> Node:
        match event:
            case events.SequenceStartEvent():
                return Node(place, self._items(path))
            case events.MappingStartEvent():
                return Node(place, self._entries(path))
            case _:
                return self._scalar(event, place, path)

    def _items(self, path: Path) -> tuple[Node, ...]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return tuple(items)

    def _entries(self, path: Path) -> Mapping[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            key = self._key(event, path)
            node = self._node(next(self._events), (*path, key))
            place = _place(event.start_mark)
            if key in entries:
                first = entries[key].key.line
                self.complain(place, f"given twice, first on line {first}", (*path, key))
            entries[key] = Entry(place, node)
        return entries

    def _key(self, event: events.Event, path: Path) -> str:
        node = self._node(event, (*path, KEY))
        if isinstance(node.value, Mapping | tuple):
            self.complain(node.place, "a key must be a text", path)
            return ""
        if node.value == "<<":
            self.complain(node.place, "`<<` is not understood: write the fields out", path)
        elif not isinstance(node.value, str):
            self.complain(node.place, f"the key `{node.value}` must be in quotes", path)
        return str(node.value)

    def _scalar(self, event: events.ScalarEvent, place: Place, path: Path) -> Node:
        if event.style:
            return Node(place, event.value)
        value = scalar(event.value)
        if isinstance(value, Unclear):
            self.complain(place, value.why, path)
            value = str(event.value)
        return Node(place, value)

    def _alias(self, event: events.AliasEvent, place: Place) -> Node:
        if event.anchor not in self._anchors:
            raise _GivenUp(place, f"`*{event.anchor}` stands for nothing that is complete above it")
        node, size = self._anchors[event.anchor]
        self._count(size, place)
        return node

    def _count(self, values: int, place: Place) -> None:
        self._values += values
        if self._values > _MOST_VALUES:
            raise _GivenUp(place, f"more than {_MOST_VALUES:,} values, aliases written out")


class _Mark(Protocol):
    line: int
    column: int


def _place(mark: _Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _place_of(problem: yaml.reader.ReaderError, text: str) -> Place:
    before = text.partition(chr(problem.character))[0]
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _reason(problem: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (problem.problem, problem.context) if part)
