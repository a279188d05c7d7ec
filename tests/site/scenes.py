"""A recorded workspace as values: what the page is collected from, without a file."""

from pathlib import Path

from pydantic import JsonValue

from ymir.git import Touch
from ymir.plan.plan import plan
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.world import Looked, World
from ymir.site.record import Placed, WorkspaceRecord
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.executor import ExecutorSpec
from ymir.spec.labels import LabelsSpec
from ymir.spec.project import ProjectSpec

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e🦺" + "x" * 200


def version(
    kind: str, number: int = 1, settings: dict[str, JsonValue] | None = None, **facts: JsonValue
) -> Version:
    """Something that was recorded."""
    recipe = Recipe(kind, settings or {}, {"source": f"{kind}{number}"})
    return Version(recipe, f"{kind}{number}".ljust(32, "0"), number, facts)


def judged(number: int, value: float, noise: float = 0.02) -> Version:
    """The record of a judged round."""
    return version(
        "judge",
        number,
        map=value,
        map_low=value - noise,
        map_high=value + noise,
        map_50_95=value / 2,
        map_50_95_low=value / 2 - noise,
        per_class={"cat": value},
        per_class_low={"cat": value - noise},
    )


def observed() -> dict[str, Version]:
    """Two rounds, the batch of the second sent and not back; a dataset with two versions."""
    first, second = (
        version("dataset", n, {"from": {"format": "voc"}}, images=10 * n, boxes=25 * n,
                per_class={"cat": 15 * n, "dog": 10 * n})
        for n in (1, 2)
    )  # fmt: skip
    package = {"file": "pets-r1.tar.gz", "bytes": 2_400_000, "sha256": "ab" * 32}
    model = {"class_names": ["cat"], "map": 0.5, "executor": "tinydet", "bytes": 900}
    return {
        "base@v1": first,
        "base@v2": second,
        "base": second,
        "pets/r1/training": version("training", 1, {"generation": 1}, images=20, seconds=1.5),
        "pets/r1/train": version(
            "train", 1, {"labels": ["cat"], "executor": "tinydet"}, seconds=60
        ),
        "pets/r1/predict": version("predict", 1),
        "pets/r1/judge": judged(1, 0.5),
        "pets/r1/package": version("package", 1, **package),
        "pets/r1/prove": version("prove", 1, holds=True, images=30),
        "pets/r1/mine": version("mine", 1, picked=6),
        "pets/r1/send": version("send", 1, tool="folder", batch="pets-r1", images=6),
        "pets/r1/label": version("label", 1, labelled=6),
        "pets/r2/training": version("training", 2, images=26),
        "pets/r2/train": version("train", 2, {"labels": ["cat"], "executor": "tinydet"}),
        "pets/r2/predict": version("predict", 2),
        "pets/r2/judge": judged(2, 0.7),
        "pets/r2/mine": version("mine", 2, picked=8),
        "pets/r2/send": version(
            "send", 2, tool="folder", batch="pets-r2", images=8, where="labels/pets-r2"
        ),
        "model:heads@v1": version("model", 1, **model),
        "model:heads": version("model", 1, **model),
    }


def catalogue(description: str = "Who is it?", goal: float = 0.9) -> Catalogue:
    """The specs that asked for it, and for one dataset that nobody has made."""
    kinds = {"apiVersion": "ymir/v1"}
    project = {
        "name": "pets",
        "description": description,
        "labels": ["cat"],
        "data": {"training": "base", "validation": "val", "testing": "test", "mining": "pool"},
        "goal": {"map": goal, "rounds": 5},
        "train": {"executor": "tinydet"},
        "mine": {"use": "entropy", "topk": 6},
        "label": {"use": "folder"},
    }
    datasets = {
        name: DatasetSpec.model_validate(
            {**kinds, "kind": "Dataset", "name": name, "from": {"format": "voc", "path": name}}
        )
        for name in ("base", "pool", "val", "test")
    }
    executor = {**kinds, "kind": "Executor", "name": "tinydet", "bundled": "tinydet"}
    return Catalogue(
        labels=LabelsSpec.model_validate({**kinds, "kind": "Labels", "classes": ["cat", "dog"]}),
        datasets=datasets,
        executors={"tinydet": ExecutorSpec.model_validate(executor)},
        projects={"pets": ProjectSpec.model_validate({**kinds, "kind": "Project", **project})},
    )


def record(
    specs: Catalogue | None = None,
    found: dict[str, Version] | None = None,
    looks: dict[str, Looked] | None = None,
    now: float = NOON,
) -> WorkspaceRecord:
    """The workspace `site` as it stands."""
    specs = catalogue() if specs is None else specs
    found = observed() if found is None else found
    world = World(
        sources={name: f"{name}-now" for name in specs.datasets},
        executors=dict.fromkeys(specs.executors, "abc"),
        failures={},
        generations={},
        batches=looks or {},
        now=now,
        evaluator="hotcoco",
    )
    return WorkspaceRecord(
        root=Path("/somewhere/site"),
        catalogue=specs,
        observed=found,
        plan=plan(specs, found, world),
        touched={"data/rounds/pets/1.dvc": Touch("c" * 40, "2026-11-20T09:00:00+01:00", "Round 1")},
        ymir="0.1.0",
        now=now,
    )


PLACED = Placed(
    galleries={"base@v2": "site/datasets/base/index.html"},
    pictures={"base": ("site/datasets/base/small/aa/aa.jpg",)},
    packages={"pets/r1": "site/models/pets-r1.tar.gz"},
    pages={"pets": "pets/html/index.html", "pets/r1": "pets/html/r1.html"},
)
