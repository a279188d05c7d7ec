"""A workspace in memory: folders, programs, people, and what exists; time goes on when told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.laws.wishes import IMPORTED
from ymir.data.balance import Balance
from ymir.plan.snapshot import Facts, Recipe, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.plan.world import UNREAD, Listed, Looked, World

Table = dict[str, list[str]]  # image -> the classes of its boxes
Content = dict[str, object]

SIZES = {"base": 4, "extra": 3, "val": 3, "test": 4, "test2": 2, "pool": 9, "pool2": 4}
KINDS = (["cat"], ["dog"], ["cat", "dog"], ["cat", "hound"], [])
SKIPPED, REJECTED = "skipped", "rejected"


def digest_of(value: object) -> str:
    """The same for the same value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def chance(*words: str) -> float:
    """A number from 0 to 1 that these words decide."""
    return int(digest_of(words), 16) / 16**16


def drawn(name: str) -> Table:
    """The images of a folder, as somebody drew them: nobody else has one of them."""
    of = {f"{name}-{n}": KINDS[int(4 * chance(name, str(n)))] for n in range(SIZES[name])}
    return {**of, f"{name}-0": ["cat", "dog"]}  # whatever is asked for is there at least once


@dataclass
class Batch:
    """A batch as its label tool has it."""

    stage: str
    images: list[str]
    answers: dict[str, object] = field(default_factory=dict)  # image -> classes, or a word
    strays: list[str] = field(default_factory=list)  # answered, and never sent
    withdrawn: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Stands for what was answered."""
        return digest_of(self.answers)


@dataclass
class Life:
    """All that is not a spec."""

    folders: dict[str, Table | None] = field(
        default_factory=lambda: {n: drawn(n) for n in IMPORTED}
    )
    unread: set[str] = field(default_factory=set)  # folders that nobody looks at
    programs: dict[str, str] = field(default_factory=lambda: {"tiny": "e1", "big": "e2"})
    broken: set[str] = field(default_factory=set)  # programs that fail
    sloppy: set[str] = field(default_factory=set)  # programs whose packages are broken
    evaluator: str = "judge 1"
    restarts: dict[str, int] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)  # project -> images
    now: float = 1_000_000.0
    tool: dict[str, Batch] = field(default_factory=dict)  # key -> batch
    is_down: bool = False  # the label tool
    looks: dict[str, Looked] = field(default_factory=dict)
    pulled: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    imports: dict[str, Table] = field(default_factory=dict)  # digest of a folder -> its images
    diary: list[tuple[str, str]] = field(default_factory=list)  # each stage recorded, its recipe

    def look(self) -> World:
        """The world as it is, as far as planning asks."""
        sources = {}
        for name, table in self.folders.items():
            if table is not None:
                digest = digest_of(table)
                self.imports[digest] = dict(table)
                sources[name] = UNREAD if name in self.unread else digest
        return World(
            sources=sources,
            executors=dict(self.programs),
            failures=dict(self.failures),
            generations=dict(self.restarts),
            relabel={p: Listed(digest_of(i), len(i), ("a.txt",)) for p, i in self.listed.items()},
            batches=dict(self.looks),
            pulled=dict(self.pulled),
            closed=frozenset(self.closed),
            now=self.now,
            evaluator=self.evaluator,
        )

    def record(self, stage: Stage, recipe: Recipe, content: Content, facts: Facts) -> Version:
        """What was made exists from now on."""
        before = self.versions.get(stage.name)
        number = stage.round.number if stage.round else before.number + 1 if before else 1
        digest = digest_of(content)
        self.contents[digest] = content
        made = Version(recipe, digest, number, facts)
        self.versions[stage.name] = made
        if stage.kind == "dataset":
            self.versions[f"{stage.name}@v{number}"] = made
        self.diary.append((stage.name, recipe.digest))
        return made

    def content(self, name: str) -> Content:
        """What is in the newest version of something."""
        return self.contents[self.versions[name].digest]

    def table(self, name: str) -> Table:
        """The images of it, with what is on them."""
        return self.content(name)["table"]

    def stages(self, kind: str, project: str | None = None) -> Iterator[tuple[RoundOf, str]]:
        """The recorded stages of one kind, the oldest round first."""
        found = [(RoundOf.of(n), n) for n in self.versions if n.endswith(f"/{kind}")]
        rounds = [(place, name) for place, name in found if place]
        for place, name in sorted(rounds, key=lambda each: (each[0].project, each[0].number)):
            if project in (None, place.project):
                yield place, name

    def out(self, project: str) -> Batch | None:
        """The batch that people of a project have; None where they have none."""
        *_, newest = [None, *self.stages("send", project)]
        if newest is None or newest[0].stage("label") in self.versions:
            return None
        facts = self.versions[newest[1]].facts
        return self.tool.get(str(facts["key"])) if "where" in facts else None

    def looked(self, send: str, key: str) -> Looked:
        """Somebody asks the tool, and remembers what it said."""
        found = Looked(self.balance(key), self.now, self._changed(send, key), key)
        self.looks[send] = Looked(
            found.balance, found.at, found.changed, key, self.tool[key].digest
        )
        return self.looks[send]

    def balance(self, key: str) -> Balance:
        """How a batch stands."""
        batch = self.tool[key]
        said = [batch.answers[each] for each in batch.images if each in batch.answers]
        return Balance(
            sent=len(batch.images),
            labelled=sum(1 for each in said if isinstance(each, list) and each),
            empty=sum(1 for each in said if each == []),
            skipped=said.count(SKIPPED),
            rejected=said.count(REJECTED),
            outstanding=len(batch.images) - len(said),
        )

    def _changed(self, send: str, key: str) -> int:
        label = self.versions.get(send.replace("/send", "/label"))
        if label is None:
            return 0
        before = self.contents[label.digest]["answers"]
        now = self.tool[key].answers
        return sum(1 for each in {**before, **now} if before.get(each) != now.get(each))


def folder_of(root: Path) -> Path:
    """Where a run may write."""
    return root / ".ymir"


def labels_in(images: Iterable[str], table: Table) -> Table:
    """What truth says of some images."""
    return {each: table[each] for each in images if each in table}
