"""Specs that people edit: everything that the table of edits knows, as values to choose from."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.executor import ExecutorSpec
from ymir.spec.labels import LabelsSpec
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec
from ymir.spec.workspace import WorkspaceSpec

HEAD = {"apiVersion": "ymir/v1"}
IMPORTED = ("base", "extra", "val", "test", "test2", "pool", "pool2")
DERIVED = {
    "mixed": {"merge": ["base", "extra"], "on_conflict": "last"},
    "clean": {"merge": ["base"], "then": [{"op": "exclude", "datasets": ["test"]}]},
    "some": {"merge": ["base", "extra"], "then": [{"op": "sample", "count": 4, "seed": 1}]},
    "rest": {
        "merge": ["pool", "pool2"],
        "on_conflict": "first",
        "then": [{"op": "exclude", "datasets": ["test", "val"]}],
    },
    "exam": {"merge": ["test", "test2"], "on_conflict": "first"},
}

# What is edited in a project: the place, and what people write there.
CHOICES: dict[str, tuple] = {
    "description": ("", "of pets"),
    "labels": (["cat"], ["cat", "dog"], ["dog", "cat", "bird"], ["dog"]),
    "data.training": (["base"], ["mixed"], ["base", "extra"], ["clean"], ["some"], ["base@v1"]),
    "data.validation": (["val"], ["val@v1"]),
    "data.testing": (["test"], ["test", "test2"], ["exam"], ["test@v1"], ["test@v2"]),
    "data.mining": (["pool"], ["pool", "pool2"], ["rest"], ["pool", "base"]),
    "goal.map": (0.3, 0.6, 0.99),
    "goal.per_class": ({}, {"cat": 0.5}, {"dog": 0.9}),
    "goal.counts": ("estimate", "lower_bound"),
    "goal.rounds": (1, 2, 3, 6),
    "goal.labels": (None, 1, 5, 12),
    "goal.gpu_hours": (None, 0.5, 1.25),
    "goal.plateau": (None, {"rounds": 1, "gain": 0.05}),
    "train.executor": ("tiny", "big"),
    "train.with": ({}, {"epochs": 2}),
    "train.start_from": ("scratch", "previous"),
    "mine.use": ("entropy", "random", "coverage"),
    "mine.topk": (1, 3, 100),
    "mine.control": (0.0, 0.5),
    "label.use": ("existing", "folder", "model"),
    "label.waits": (  # a deadline, and what happens then
        {},
        {"deadline": "1h"},
        {"deadline": "1h", "on_partial": "proceed"},
        {"deadline": "1h", "on_partial": "fail"},
    ),
    "label.choose": ("latest", "all"),
    "label.instructions": (None, "how.txt"),
    "relabel.suspicious": (0, 2),
    "relabel.new_classes": (0, 2),
    "gates.leakage": ("block", "exclude", "warn"),
    "gates.package": ("ignore", "warn", "block"),
    "gates.regression": ("warn", "block"),
    "report.slices": ({}, {"cats": {"images_with": ["cat"]}}),
    "protect": (False, True),
    "suspend": (False, True),
}
WORDS = (  # what the vocabulary of the workspace says
    ["cat", "dog", "bird"],
    ["cat", {"name": "dog", "aliases": ["hound"]}, "bird"],
)


@dataclass
class Wishes:
    """What people have written, as they edit it."""

    projects: dict[str, dict[str, object]] = field(default_factory=dict)
    words: int = 0
    suspended: set[str] = field(default_factory=set)  # datasets, executors, or `workspace`
    dropped: set[str] = field(default_factory=set)  # datasets whose specs were removed

    def begin(self, project: str) -> None:
        """Somebody writes a project."""
        first = {place: values[0] for place, values in CHOICES.items()}
        self.projects[project] = first

    def edit(self, project: str, place: str, value: object) -> None:
        """Somebody writes something else."""
        self.projects[project][place] = copy.deepcopy(value)

    def rename(self, project: str, name: str) -> None:
        """Another name is another project."""
        self.projects[name] = self.projects.pop(project)

    def specs(self) -> Catalogue:
        """All of it, checked as specs are."""
        projects = {name: _project(name, told) for name, told in self.projects.items()}
        used = set(_used(projects.values()))
        used |= {
            n for name in DERIVED if name in used or name not in self.dropped for n in _of(name)
        }
        names = [name for name in (*IMPORTED, *DERIVED) if name in used or name not in self.dropped]
        return Catalogue(
            labels=LabelsSpec.model_validate({**HEAD, "kind": "Labels", "classes": self.classes}),
            datasets={name: self._dataset(name) for name in names},
            executors={name: self._executor(name) for name in ("tiny", "big")},
            projects=projects,
            workspace=WorkspaceSpec.model_validate({"suspend": "workspace" in self.suspended}),
        )

    @property
    def classes(self) -> list:
        """The vocabulary."""
        return list(WORDS[self.words])

    def _dataset(self, name: str) -> DatasetSpec:
        made = DERIVED.get(name, {"from": {"format": "voc", "path": f"raw/{name}"}})
        told = {**HEAD, "kind": "Dataset", "name": name, "suspend": name in self.suspended}
        return DatasetSpec.model_validate({**told, **made})

    def _executor(self, name: str) -> ExecutorSpec:
        told = {**HEAD, "kind": "Executor", "name": name, "command": ["run"]}
        gpus = {"resources": {"gpus": 1 if name == "big" else 0}}
        return ExecutorSpec.model_validate({**told, **gpus, "suspend": name in self.suspended})


def _project(name: str, told: dict[str, object]) -> ProjectSpec:
    made: dict[str, object] = {**HEAD, "kind": "Project", "name": name}
    for place, value in told.items():
        part, _, key = place.partition(".")
        if not key:
            made[part] = value
        elif key == "waits":
            made.setdefault(part, {}).update(value)
        else:
            made.setdefault(part, {})[key] = value
    wanted = made["goal"]["per_class"]
    made["goal"]["per_class"] = {k: v for k, v in wanted.items() if k in made["labels"]}
    return ProjectSpec.model_validate(made)


def _used(projects: object) -> Iterator[str]:
    """The datasets that projects name, and all that those are made of."""
    for project in projects:
        data = project.data
        for name in (*data.training, *data.validation, *data.testing, *data.mining):
            yield dataset_of(name)
            yield from _of(dataset_of(name))


def _of(name: str) -> Iterator[str]:
    made = DERIVED.get(name, {})
    yield from made.get("merge", ())
    yield from (each for op in made.get("then", ()) for each in op.get("datasets", ()))
