"""Which stages a run had recorded before it was killed, and could not commit: from the pointers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ymir.dvc import pointer
from ymir.errors import StoreError
from ymir.git import committed
from ymir.plan.models import MARK
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.stage import RoundOf, Stage

_Made = Mapping[str, Any]


@dataclass(frozen=True)
class Caught:
    """What the pointers say that the newest commit does not."""

    recorded: tuple[tuple[Stage, Version], ...] = ()
    forgotten: tuple[RoundOf, ...] = ()  # rounds that have lost stages
    others: tuple[str, ...] = ()  # pointers that belong to no stage yet, or to an unfinished one


def caught(root: Path, names: Iterable[str]) -> Caught:
    """Look at files that are not committed, by their names seen from the workspace."""
    recorded: list[tuple[Stage, Version]] = []
    forgotten: list[RoundOf] = []
    others: list[str] = []
    for name in names:
        if (place := _place(name)) is None or not (root / name).exists():
            others.append(name)
            continue
        now, before = _made((root / name).read_bytes()), _made(committed(root, name).encode())
        news = {kind: made for kind, made in now.items() if before.get(kind) != made}
        recorded += [(_stage(place, kind), _version(place, made)) for kind, made in news.items()]
        if before.keys() - now.keys() and isinstance(place, RoundOf):
            forgotten.append(place)
    return Caught(tuple(recorded), tuple(forgotten), tuple(others))


def _place(name: str) -> RoundOf | tuple[str, str, int] | None:
    """Whose pointer it is: a round's, or of a stage of this name, kind and number."""
    match Path(name).with_suffix("").parts:
        case ("data", "rounds", project, number) if number.isdecimal():
            return RoundOf(project, int(number))
        case ("data", "datasets", dataset, version):
            return dataset, "dataset", int(version.removeprefix("v"))
        case ("data", "models", model, version):
            return f"{MARK}{model}", "model", int(version.removeprefix("v"))
        case ("reports", project, "html"):
            return f"{project}/report", "report", 1
        case _:
            return None


def _stage(place: RoundOf | tuple[str, str, int], kind: str) -> Stage:
    if isinstance(place, RoundOf):
        return Stage(place.stage(kind), kind, round=place)
    return Stage(place[0], place[1])


def _version(place: RoundOf | tuple[str, str, int], made: _Made) -> Version:
    number = place.number if isinstance(place, RoundOf) else place[2]
    return Version(Recipe(**made["recipe"]), made["digest"], number, made.get("facts") or {})


def _made(text: bytes) -> dict[str, _Made]:
    """What a pointer notes of its stages, by kind; a pointer of one stage has no kinds."""
    try:
        noted: Any = pointer.parse(text, Path("pointer")).meta.get("ymir") or {}
    except StoreError:  # it is new, or was no pointer then
        return {}
    return dict(noted["stages"]) if "stages" in noted else {"": noted} if noted else {}
