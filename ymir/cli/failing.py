"""What went wrong in one command, and where in the specs it belongs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ymir.errors import SpecError, YmirError
from ymir.plan.stage import RoundOf
from ymir.spec.document import Document, identify
from ymir.spec.files import read_files
from ymir.spec.mistakes import BrokenSpecsError, Mistake, Place
from ymir.spec.tree import find

if TYPE_CHECKING:
    from ymir.ci.annotations import Annotation, Level

_MODEL = "model:"


def repository_of(root: Path) -> Path | None:
    """The top of the work tree that the folder lies in; found without git."""
    return next((each for each in (root, *root.parents) if (each / ".git").exists()), None)


class Events:
    """What `events.jsonl` says from now on."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / ".ymir" / "events.jsonl"
        self._begin = self._file.stat().st_size if self._file.is_file() else 0

    def failures(self) -> Iterator[tuple[str, str, Level]]:
        """The stages that failed, or that a gate blocked: their name, why, and how bad that is."""
        for each in self._new():
            if each.get("event") == "stopped" and not each.get("parked"):
                level: Level = "warning" if each.get("blocked") else "error"
                yield str(each.get("stage")), str(each.get("why")), level

    def summaries(self) -> Iterator[str]:
        """What the reports that were made say of their newest round, in Markdown."""
        made = [str(e.get("stage")) for e in self._new() if e.get("event") == "recorded"]
        for project in dict.fromkeys(
            n.removesuffix("/report") for n in made if n.endswith("/report")
        ):
            file = self._root / "reports" / project / "html" / "summary.md"
            if file.is_file():
                yield file.read_text(encoding="utf-8") + "\n"

    def _new(self) -> Iterator[Mapping[str, JsonValue]]:
        if not self._file.is_file():
            return
        with self._file.open("rb") as lines:
            is_same = self._file.stat().st_size >= self._begin  # else it was begun anew
            lines.seek(self._begin if is_same else 0)
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:  # a line that a kill has cut
                    continue
                if isinstance(event, dict):
                    yield event


def annotations_of(
    root: Path, error: YmirError | None, failures: Iterable[tuple[str, str, Level]]
) -> Iterator[Annotation]:
    """What is to be said beside the specs, with paths as the repository has them."""
    from ymir.ci.annotations import Annotation

    seen = _Seen.of(root)
    match error:
        case None:
            pass
        case BrokenSpecsError(mistakes=mistakes):
            yield from map(seen.mistake, mistakes)
        case _:
            hint = f"\n{error.hint}" if error.hint else ""
            yield Annotation("error", "ymir", f"{error}{hint}")
    stopped = list(failures)
    places = _places(root) if stopped else {}
    for stage, why, level in stopped:
        file, at = places.get(_owner(stage), ("", Place(0, 0)))
        title = f"{stage} {'failed' if level == 'error' else 'is blocked'}"
        yield Annotation(level, title, why, seen.path(file) if file else "", at.line, at.column)


@dataclass(frozen=True)
class _Seen:
    """Paths as they are seen from the top of the repository."""

    prefix: str

    @staticmethod
    def of(root: Path) -> _Seen:
        inside = root.relative_to(repository_of(root) or root).as_posix()
        return _Seen("" if inside == "." else f"{inside}/")

    def path(self, file: str) -> str:
        return f"{self.prefix}{file}"

    def mistake(self, each: Mistake) -> Annotation:
        from ymir.ci.annotations import Annotation

        said = ": ".join(part for part in (each.field, each.message) if part)
        return Annotation(
            "error", "mistake in a spec", said, self.path(each.file), each.line, each.column
        )


def _owner(stage: str) -> str:
    """The spec that asks for a stage: a project's, or its own."""
    place = RoundOf.of(stage)
    return place.project if place else stage.removeprefix(_MODEL).split("/")[0]


def _places(root: Path) -> dict[str, tuple[str, Place]]:
    """Name -> the file and the line of its spec; projects before datasets of the same name."""
    try:
        files = read_files(root)
    except SpecError:
        return {}
    nodes = [(file, node) for file, composed in files.items() for node in composed.documents]
    known = [identify(node, file) for file, node in nodes if node.value is not None]
    named = [each for each in known if isinstance(each, Document) and each.name]
    named.sort(key=lambda each: each.kind == "Project")  # the last one stays
    return {str(each.name): (each.file, find(each.node, ("name",)).place) for each in named}
