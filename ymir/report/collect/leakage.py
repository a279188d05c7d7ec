"""What the leakage gate found before a round was trained, pair by pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Leak, Leakage, LeakCount
from ymir.spec.gates import Gates

MOST_OF_EACH = 6  # pairs of one kind from one set

Kind = Literal["same", "near", "group"]

_WHAT: Mapping[Kind, str] = {
    "same": "also in {}",
    "near": "look like one of {}",
    "group": "of a group in {}",
}


@dataclass(frozen=True)
class _Count:
    set: str
    kind: Kind
    images: int


@dataclass(frozen=True)
class _Pair:
    kind: Kind
    set: str
    image: str
    file: str
    other: str
    other_file: str
    distance: int | None
    group: str | None
    left_out: bool


@dataclass(frozen=True)
class _Record:
    gates: Gates
    counts: tuple[_Count, ...]
    left_out: int
    pairs: tuple[_Pair, ...]


_record = TypeAdapter(_Record)


def leaks(now: RoundRecord) -> Leakage | None:
    """What was found; None for a round that was trained before anybody looked."""
    path = now.folder / "leakage.json"
    if not path.is_file():
        return None
    record = _record.validate_json(path.read_bytes())
    return Leakage(
        shown=tuple(_shown(each) for each in _first_of_each(record.pairs)),
        counts=tuple(_count(each, record.gates) for each in record.counts),
        left_out=record.left_out,
        looked_for=_looked_for(record.gates),
    )


def _shown(pair: _Pair) -> Leak:
    return Leak(
        kind=pair.kind,
        held_out=pair.set,
        image=pair.image,
        file=_name(pair.file, pair.image),
        other=pair.other,
        other_file=_name(pair.other_file, pair.other),
        why=_why(pair),
        left_out=pair.left_out,
    )


def _name(file: str, image: str) -> str:
    return PurePosixPath(file).name or image[:12]


def _first_of_each(pairs: tuple[_Pair, ...]) -> Iterator[_Pair]:
    seen: Counter[tuple[str, str]] = Counter()
    for each in pairs:
        seen[each.kind, each.set] += 1
        if seen[each.kind, each.set] <= MOST_OF_EACH:
            yield each


def _why(pair: _Pair) -> str:
    match pair.kind:
        case "same":
            return "the same file"
        case "near":
            return f"{pair.distance} of 64 bits differ"
        case "group":
            return pair.group or ""


def _count(each: _Count, gates: Gates) -> LeakCount:
    then = {
        "same": gates.leakage,
        "near": gates.near.then,
        "group": gates.groups.then if gates.groups else "warn",
    }
    is_left_out = then[each.kind] == "exclude" or (each.kind, each.set) == ("same", "testing")
    what = _WHAT[each.kind].format(each.set)
    return LeakCount(what, each.images, "left out" if is_left_out else "trained on all the same")


def _looked_for(gates: Gates) -> str:
    looked = ["the same files"]
    if gates.near.then != "ignore":
        looked.append(f"pictures that look alike (up to {gates.near.distance} of 64 bits differ)")
    if gates.groups:
        looked.append(f"groups by {' and '.join(gates.groups.by)}")
    return ", ".join(looked)
