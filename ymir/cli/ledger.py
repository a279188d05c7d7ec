"""What a run leaves behind outside the store: commits, tags, failures."""

from pathlib import Path

from ymir.cli.workspace import read_failures, write_failures
from ymir.git import commit, is_repository, pending, tag
from ymir.plan.snapshot import Version
from ymir.plan.stage import Stage


class GitLedger:
    """One commit per stage, a tag per reported round; failures in `.ymir/failures.json`."""

    def __init__(self, root: Path, *, is_committing: bool) -> None:
        self._root = root
        self._is_committing = is_committing and is_repository(root)

    def catch_up(self) -> None:
        """Commit what a killed run had recorded and not yet committed."""
        if self._is_committing and (left := pending(self._root)):
            commit(self._root, left, "Record what an interrupted run had finished", {})

    def recorded(self, stage: Stage, version: Version) -> None:
        """Commit the stage's records; tag the round once its report stands."""
        if not self._is_committing:
            return
        commit(self._root, pending(self._root), subject(stage, version), trailers(stage))
        if stage.kind == "report":
            tag(self._root, f"{stage.name.split('/')[0]}/r{version.facts['round']}")

    def failed(self, recipe_digest: str, why: str) -> None:
        """Remember the failure until the recipe changes or somebody asks to retry."""
        write_failures(self._root, {**read_failures(self._root), recipe_digest: why})


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
            return f"{where}: {facts['labelled']} images labelled"
        case "report":
            return f"{stage.name.split('/')[0]}: {facts['says']}"
        case kind:
            return f"{where}: {_DONE.get(kind, kind)}"


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
    "send": "batch sent",
}
