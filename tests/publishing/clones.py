"""Clones of a workspace, whose remotes are a bare repository of git and a folder of DVC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.dvc.real import run_git, write_files
from ymir.cli.running.ledger import GitLedger
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.publishing.publish import Published, publish
from ymir.publishing.target import Target
from ymir.stores.dvc import DvcStore

ORIGIN = Target("origin", "main")


@dataclass(frozen=True)
class Clone:
    """A work tree with its store; what is recorded in it is committed."""

    root: Path

    def git(self, *words: str) -> str:
        """Another git command, by a person."""
        return run_git(self.root, *words).strip()

    def record(self, name: str, text: str, facts: Mapping[str, int] | None = None) -> None:
        """Make a stage of a round, as `helmet/r1/train`, or a dataset."""
        place = RoundOf.of(name)
        kind = name.split("/")[-1] if "/" in name else "dataset"
        stage = Stage(name, kind, round=place)
        made = write_files(self.root / ".ymir" / "made" / name, {f"{kind}.txt": text.encode()})
        counted = {"images": 1, "map": 0.5, "picked": 1, "labelled": 3, **(facts or {})}
        version = DvcStore(self.root).record(stage, Recipe(kind, {}, {}), made, counted)
        self.ledger.recorded(stage, version)

    @property
    def ledger(self) -> GitLedger:
        """Where it is committed."""
        return GitLedger(self.root, is_committing=True)

    def publish(self, *, is_following: bool = True) -> Published:
        """Send it all."""
        return publish(self.root, ORIGIN, is_following=is_following)

    def subjects(self, ref: str = "HEAD") -> list[str]:
        """Of the commits, newest first."""
        return self.git("log", "--format=%s", ref).splitlines()

    def text(self, stage: str) -> str:
        """What a recorded stage holds, from wherever it must be fetched."""
        kind = stage.split("/")[-1] if "/" in stage else "dataset"
        return (DvcStore(self.root).open(stage) / f"{kind}.txt").read_text()

    def status(self) -> str:
        """What is not committed."""
        return self.git("status", "--porcelain")


def edit_specs(clone: Clone, text: str = "# edited\n") -> None:
    """A person edits, and pushes."""
    (clone.root / "specs" / "all.yaml").write_text(text)
    clone.git("commit", "-qam", "Ask for more")
    clone.git("push", "-q", "origin", "HEAD:main")


def report(clone: Clone, name: str, number: int) -> None:
    """The pages of a project after this round."""
    stage = Stage(f"{name}/report", "report")
    files = {"index.html": b"page", "metrics.json": f'{{"round": {number}}}'.encode()}
    made = write_files(clone.root / ".ymir" / "made" / name, files)
    facts = {"round": number, "says": "go on"}
    version = DvcStore(clone.root).record(stage, Recipe("report", {}, {}), made, facts)
    clone.ledger.recorded(stage, version)
