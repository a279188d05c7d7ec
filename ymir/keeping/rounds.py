"""Rounds that a project leaves behind and comes back to, as git's history has them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ymir.documents import yaml_of
from ymir.dvc.files import storing, write_whole
from ymir.dvc.folders import let_go, remove
from ymir.dvc.metrics import write_metrics
from ymir.dvc.tracked import restore
from ymir.errors import SpecError, StoreError
from ymir.git import attempt, is_shallow, output, uncommitted
from ymir.looks import batch_of

_FIGURES = "metrics.json"
_POINTER = re.compile(r"([1-9][0-9]*)\.dvc")


@dataclass(frozen=True)
class Round:
    """What a record says of a round."""

    number: int
    map: float | None
    labelled: int  # images, by people
    batch: str | None = None  # that people have in hand
    where: str = ""

    @property
    def words(self) -> str:
        """In one line."""
        score = f"mAP {self.map:.3f}" if self.map is not None else "not judged"
        people = f", {self.labelled} images labelled" if self.labelled else ""
        hand = f"; people have {self.batch} in {self.where}" if self.batch else ""
        return f"round {self.number}: {score}{people}{hand}"


@dataclass(frozen=True)
class Going:
    """From the rounds that a project has to those that it shall have."""

    project: str
    number: int
    now: Mapping[int, str]  # the records, as text
    then: Mapping[int, str]
    report: Mapping[str, str]  # the pages' record and the figures of that round; empty: unknown

    @property
    def set_aside(self) -> tuple[Round, ...]:
        """What is left behind, oldest first."""
        return tuple(_round(self.project, n, self.now[n]) for n in self.leaving)

    @property
    def brought_back(self) -> tuple[Round, ...]:
        """What comes back, oldest first."""
        return tuple(_round(self.project, n, self.then[n]) for n in self.coming)

    @property
    def leaving(self) -> list[int]:
        """The rounds whose records go, or become others."""
        return sorted(n for n, text in self.now.items() if self.then.get(n) != text)

    @property
    def coming(self) -> list[int]:
        """The rounds whose records come, or become others."""
        return sorted(n for n, text in self.then.items() if self.now.get(n) != text)

    @property
    def labels_set_aside(self) -> int:
        """Images that people labelled in rounds that go and do not come back as they were."""
        back = {each.number: each.labelled for each in self.brought_back}
        lost = (each.labelled - back.get(each.number, 0) for each in self.set_aside)
        return sum(max(0, each) for each in lost)


def going(root: Path, project: str, number: int) -> Going:
    """How a project comes to end with this round, which it has, or had once."""
    recorded, left = _there(root, project, "HEAD"), _left(root, project)
    if number not in {*recorded, *left}:
        _refuse_unknown(root, project, number, {*recorded, *left})
    since = "HEAD" if number in recorded else left[number]
    then = {n: text for n, text in _there(root, project, since).items() if n <= number}
    report = _report(root, project, number, since)
    return Going(project, number, _here(root, project), then, report)


def refuse_uncommitted(root: Path, found: Going) -> None:
    """What no commit holds could never come back; unless it is what a killed try has done."""
    shall = {f"data/rounds/{found.project}/{n}.dvc": text for n, text in found.then.items()}
    shall |= found.report
    for path in uncommitted(root, files_of(root, found.project)):
        text = _read(path) if path.exists() else None
        if path.name != "dvc.yaml" and text != shall.get(path.relative_to(root).as_posix()):
            raise StoreError(
                f"`{path.relative_to(root)}` is in no commit, and could not come back",
                hint="`ymir apply` commits what a killed run recorded; `git diff` shows what "
                "somebody edited",
            )


def go(root: Path, found: Going) -> None:
    """Change the files. Killed at any moment, what is there fits together.

    The newest go first, and the oldest come first: no round ever stands on one that it was not made
    from.
    """
    folder = _folder(root, found.project)
    with storing("the rounds cannot be changed"):
        for number in reversed(found.leaving):
            let_go(folder / f"{number}.dvc")
        for number in found.coming:
            write_whole(folder / f"{number}.dvc", found.then[number])
        if found.report:
            _show(root, found)
    restore(root)


def is_there(root: Path, found: Going) -> bool:
    """Whether the files say so already."""
    pages = (_read(root / name) == text for name, text in found.report.items())
    return not (found.leaving or found.coming) and all(pages)


def files_of(root: Path, project: str) -> list[Path]:
    """What a commit of this holds: records of rounds, also of those that go, and the report's."""
    pages = root / "reports" / project
    figures = [pages / "html.dvc", pages / _FIGURES, root / "reports" / "dvc.yaml"]
    return [_folder(root, project), *figures]


def _show(root: Path, found: Going) -> None:
    """The pages and figures of that round."""
    remove(root / "reports" / found.project / "html")  # laid out again from the new record
    for name, text in found.report.items():
        if name.endswith(_FIGURES):
            write_metrics(root, found.project, text)
        else:
            write_whole(root / name, text)


def _refuse_unknown(root: Path, project: str, number: int, known: Collection[int]) -> None:
    if not known:
        raise SpecError(
            f"no commit holds a round of a project `{project}`", hint="`ymir status` shows projects"
        )
    hint = f"its rounds are {', '.join(map(str, sorted(known)))}"
    if is_shallow(root):
        hint += "; older commits of this clone are not here: `git fetch --unshallow`"
    raise SpecError(f"`{project}` has no round {number}, and never had one", hint=hint)


def _here(root: Path, project: str) -> dict[int, str]:
    found = ((path, _POINTER.fullmatch(path.name)) for path in _folder(root, project).glob("*.dvc"))
    return {int(match[1]): _read(path) for path, match in found if match}


def _there(root: Path, project: str, commit: str) -> dict[int, str]:
    """The records of a commit."""
    folder = f"data/rounds/{project}"
    names = output(root, "ls-tree", "-z", "--name-only", commit, f"{folder}/").split("\0")
    found = ((name, _POINTER.fullmatch(name.rsplit("/", 1)[-1])) for name in names)
    return {int(match[1]): _text(root, commit, name) for name, match in found if match}


def _left(root: Path, project: str) -> dict[int, str]:
    """Rounds that the project had, and the last commit that had each."""
    asked = ("--format=%x00%H", "--name-only", "--no-renames", "--diff-filter=D", "--relative")
    listed = output(root, "log", *asked, "--", f"data/rounds/{project}")
    found: dict[int, str] = {}
    for entry in filter(None, listed.split("\0")):
        commit, *names = filter(None, entry.split("\n"))
        for match in filter(None, (_POINTER.fullmatch(each.rsplit("/", 1)[-1]) for each in names)):
            found.setdefault(int(match[1]), f"{commit}^")
    return found


def _report(root: Path, project: str, number: int, since: str) -> dict[str, str]:
    """The newest pages and figures that were made after this round, and before the next one."""
    pages, figures = (f"reports/{project}/{each}" for each in ("html.dvc", _FIGURES))
    for commit in output(root, "log", "--format=%H", since, "--", pages).split():
        text = _text(root, commit, pages)
        if text and _facts(text).get("round") == number:
            return {pages: text, figures: _text(root, commit, figures)}
    return {}


def _text(root: Path, commit: str, name: str) -> str:
    return attempt(root, "show", f"{commit}:./{name}").stdout


def _read(path: Path) -> str:
    if not path.exists():
        return ""
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def _folder(root: Path, project: str) -> Path:
    return root / "data" / "rounds" / project


class _Made(BaseModel):
    facts: dict[str, object] = {}


class _Noted(BaseModel):
    stages: dict[str, _Made] = {}


def _round(project: str, number: int, text: str) -> Round:
    stages = _stages(text)
    score = _number(stages, "judge", "map")
    labelled = int(_number(stages, "label", "labelled") or 0)
    send = stages["send"].facts if "send" in stages and "label" not in stages else {}
    where = str(send.get("where") or "")
    name = str(send.get("batch") or batch_of(f"{project}/r{number}/send"))
    return Round(number, score, labelled, name if where else None, where)


def _stages(text: str) -> Mapping[str, _Made]:
    try:
        return _Noted.model_validate(_meta(text)).stages
    except ValidationError:
        return {}


def _facts(text: str) -> Mapping[str, object]:
    try:
        return _Made.model_validate(_meta(text)).facts
    except ValidationError:
        return {}


def _meta(text: str) -> object:
    try:
        return yaml_of(text)["meta"]["ymir"]
    except (ValueError, KeyError, TypeError):
        return {}


def _number(stages: Mapping[str, _Made], kind: str, fact: str) -> float | None:
    value = stages[kind].facts.get(fact) if kind in stages else None
    return float(value) if isinstance(value, int | float) and isfinite(value) else None


def folders_in_the_way(root: Path, rounds: tuple[Round, ...], project: str) -> Iterator[str]:
    """Folders of `labels/` that hold answers to batches of these rounds."""
    for each in rounds:
        name = batch_of(f"{project}/r{each.number}/send")
        if (root / "labels" / name).is_dir():
            yield f"labels/{name}"
