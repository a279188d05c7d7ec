"""A YAML document that remembers where each of its parts stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.spec.mistakes import Place
from ymir.spec.scalars import Scalar

KEY = "[key]"  # how pydantic ends the path to the key of a mapping, instead of its value
TAG = "op"  # the field whose value pydantic adds to the path of a member of a tagged union
Path = Sequence[str | int]


@dataclass(frozen=True)
class Node:
    """A value with its place."""

    place: Place
    value: "Scalar | Mapping[str, Entry] | tuple[Node, ...]"


@dataclass(frozen=True)
class Entry:
    """The value of a key, and where the key stands."""

    key: Place
    node: Node


@dataclass(frozen=True)
class Found:
    """The field that a path leads to, as people write it, and where to look at it."""

    field: str
    place: Place


def plain(node: Node) -> JsonValue:
    """The value without its places."""
    match node.value:
        case tuple() as items:
            return [plain(item) for item in items]
        case Mapping() as entries:
            return {key: plain(entry.node) for key, entry in entries.items()}
        case scalar:
            return scalar


def find(root: Node, path: Path, *, at_key: bool = False) -> Found:
    """Follow `path` as far as the document goes; point at a single value, else at its key."""
    here, place, key, walked = root, root.place, root.place, list[str | int]()
    for part in path:
        entry = _child(here, part)
        if entry is not None:
            here, key = entry.node, entry.key
            has_one_value = not isinstance(here.value, Mapping | tuple | None)
            place = here.place if has_one_value and not at_key else key
        elif part == KEY:
            return Found(join(walked), key)
        elif _is_tag(here, part):
            continue
        elif not isinstance(here.value, Mapping):
            break
        walked.append(part)
    return Found(join(walked), place)


def join(path: Path) -> str:
    """A path as people write it: `then[0].labels`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != KEY]
    return "".join(parts).removeprefix(".")


def _child(node: Node, part: str | int) -> Entry | None:
    match node.value:
        case tuple() as items if isinstance(part, int) and part < len(items):
            return Entry(items[part].place, items[part])
        case Mapping() as entries if isinstance(part, str):
            return entries.get(part)
        case _:
            return None


def _is_tag(node: Node, part: str | int) -> bool:
    entry = _child(node, TAG)
    return entry is not None and entry.node.value == part
