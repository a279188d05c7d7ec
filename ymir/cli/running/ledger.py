"""What a run leaves behind outside the store: commits, tags, failures."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from ymir.cli.running.caught import Caught, caught
from ymir.cli.workspace import read_failures, write_failures
from ymir.dvc.project import KEPT_UP, OWN, PASSING, PREPARED, is_ours
from ymir.errors import StoreError
from ymir.git import commit, committed, gone, is_repository, newest_files, pending, tag
from ymir.plan.snapshot import Version
from ymir.plan.stage import RoundOf, Stage

_PARTS = ("media/pool/", "reports/")  # beside what a stage records, and written before that


class GitLedger:
    """One commit per stage, a tag per reported round; failures in `.ymir/failures.json`."""

    def __init__(
        self,
        root: Path,
        *,
        is_committing: bool,
        after: Callable[[Stage], None] = lambda stage: None,
        approved: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`after` is told of each stage once its commit is made.

        `approved` is asked for each what its commit says of the plan that allowed it.
        """
        self._root = root
        self._is_committing = is_committing and is_repository(root)
        self._after = after
        self._approved = approved

    def catch_up(self) -> None:
        """Commit and tag what a killed run had recorded, in its words; commit what was prepared.

        What no stage is recorded for yet, as images of an import that was cut, is left to the stage
        that will need it.
        """
        if not self._is_committing:
            return
        left = [_name(self._root, path) for path in unrecorded(self._root)]
        found = caught(self._root, left)
        match found:
            case _ if left and all(name in PREPARED for name in left):
                self._commit("Prepare the workspace", {"Ymir-Stage": "prepare"})
            case Caught(((stage, version),), ()):
                self._commit(_noted(stage, version), {**trailers(stage), **self._approved()})
            case Caught((), (place,)):
                self.called_off(place)
            case Caught((), (), others) if all(each.startswith(_PARTS) for each in others):
                pass
            case _:
                self._recover()
        for name in newest_files(self._root):
            if fnmatch(name, "reports/*/html.dvc"):
                self._tag(name.split("/")[1])

    def conclude(self) -> None:
        """Commit what is left at the end of a run: parts of stages that nobody wants any more."""
        if self._is_committing and unrecorded(self._root):
            self._recover()

    def _recover(self) -> None:
        what = "Record what an interrupted run had finished"
        self._commit(what, {"Ymir-Stage": "recovered", **self._approved()})

    def recorded(self, stage: Stage, version: Version) -> None:
        """Commit the stage's records; tag the round once its report stands."""
        plan = self._approved()
        if not self._is_committing:
            return
        self._commit(subject(stage, version), {**trailers(stage), **plan})
        if stage.kind == "report":
            tag(self._root, f"{stage.name.split('/')[0]}/r{version.facts['round']}")
        self._after(stage)

    def called_off(self, place: RoundOf) -> None:
        """Commit that a round has no batch any more."""
        if not self._is_committing:
            return
        where = f"{place.project} round {place.number}"
        notes = {"Ymir-Project": place.project, "Ymir-Round": str(place.number)}
        notes["Ymir-Stage"] = "called off"
        self._commit(f"{where}: batch called off", notes)

    def kept(self, stage: Stage, share: float | None) -> None:
        """Commit that the checkpoint of an unfinished stage is stored."""
        if not self._is_committing:
            return
        where = f"{stage.round.project} round {stage.round.number}" if stage.round else stage.name
        at = "" if share is None else f" at {share:.0%}"
        notes = {**trailers(stage), "Ymir-Stage": "checkpoint"}
        self._commit(f"{where}: {stage.kind} stopped{at}, its checkpoint kept", notes)
        self._after(stage)

    def let_go(self) -> None:
        """Commit that checkpoints which nobody waits for are gone."""
        if self._is_committing:
            self._commit("Let go of checkpoints of other specs", {"Ymir-Stage": "checkpoint"})

    def _commit(self, what: str, notes: Mapping[str, str]) -> None:
        """Commit what is recorded; where git refuses, it stays recorded, and is caught up with."""
        try:
            commit(self._root, unrecorded(self._root), what, notes)
        except StoreError as error:
            raise StoreError(
                f"what was made is recorded, but not committed: {error}",
                hint=f"{error.hint or 'see `git status`'}; the next run makes the commit",
            ) from error

    def _tag(self, project: str) -> None:
        figures = committed(self._root, f"reports/{project}/metrics.json")
        if number := json.loads(figures or "{}").get("round"):
            tag(self._root, f"{project}/r{number}")

    def failed(self, recipe_digest: str, why: str) -> None:
        """Remember the failure until the recipe changes or somebody asks to retry.

        A full disk is not the recipe's fault.
        """
        if os.strerror(errno.ENOSPC) in why:
            return
        write_failures(self._root, {**read_failures(self._root), recipe_digest: why})


def unrecorded(root: Path) -> list[Path]:
    """What ymir wrote and no commit holds; not the files in which people changed something, too."""
    written = [path for path in pending(root, OWN) if _is_ours(root, _name(root, path))]
    return [*written, *gone(root, PASSING)]


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _is_ours(root: Path, name: str) -> bool:
    if name not in KEPT_UP:
        return True
    return is_ours(name, committed(root, name), (root / name).read_text(encoding="utf-8"))


def subject(stage: Stage, version: Version) -> str:
    """One line that says what is now true."""
    facts = version.facts
    where = f"{stage.round.project} round {stage.round.number}" if stage.round else stage.name
    match stage.kind:
        case "dataset":
            return f"{stage.name} v{version.number}: {facts['images']} images"
        case "training":
            return f"{where}: training set of {facts['images']} images"
        case "judge":
            return f"{where}: mAP {facts['map']:.3f}"
        case "mine":
            return f"{where}: {facts['picked']} images mined"
        case "label":
            return f"{where}: {_labelled(version)}"
        case "report":
            return f"{stage.name.split('/')[0]}: {facts['says']}"
        case kind:
            return f"{where}: {_done(kind, version)}"


def _noted(stage: Stage, version: Version) -> str:
    """The same, of a pointer that need not be ours in every word."""
    try:
        return subject(stage, version)
    except (LookupError, TypeError, ValueError):
        return f"{stage.name}: recorded"


def _labelled(version: Version) -> str:
    if pseudo := version.facts.get("by_model"):
        return f"{pseudo} images labelled by the model alone"
    return f"{version.facts['labelled']} images labelled"


def _done(kind: str, version: Version) -> str:
    if kind == "prove" and not version.facts["holds"]:
        return "package not what it promises"
    return f"v{version.number} imported" if kind == "model" else _DONE.get(kind, kind)


def trailers(stage: Stage) -> dict[str, str]:
    """What programs read from a commit."""
    if stage.round is None:
        return {"Ymir-Stage": stage.name}
    return {
        "Ymir-Project": stage.round.project,
        "Ymir-Round": str(stage.round.number),
        "Ymir-Stage": stage.kind,
    }


_DONE = {
    "train": "model trained",
    "predict": "testing and validation predicted",
    "package": "package made",
    "prove": "package proven",
    "send": "batch sent",
}
