"""Projects and histories to plan with: a pure world in which every stage succeeds at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Step, Suspend, Wait
from ymir.plan.snapshot import Recipe, Snapshot, Version
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.executor import ExecutorSpec
from ymir.spec.labels import LabelsSpec
from ymir.spec.project import ProjectSpec

HEAD = {"apiVersion": "ymir/v1"}
DATASETS = ("train", "val", "test", "pool")
PROJECT = {
    **HEAD,
    "kind": "Project",
    "name": "p",
    "labels": ["cat"],
    "data": {"training": "train", "validation": "val", "testing": "test", "mining": "pool"},
    "goal": {"map": 0.8, "rounds": 5},
    "train": {"executor": "tiny"},
    "mine": {"use": "entropy", "topk": 10},
    "label": {"use": "existing"},
    "gates": {},
    "report": {},
    "relabel": {},
    "protect": False,
    "suspend": False,
}


def catalogue(**changes: object) -> Catalogue:
    """One project over four datasets; `changes` override parts of it, merged one level deep."""
    merged = {
        key: {**value, **changes.get(key, {})}
        if isinstance(value, dict)
        else changes.get(key, value)
        for key, value in PROJECT.items()
    }
    return Catalogue(
        labels=LabelsSpec(**HEAD, kind="Labels", classes=["cat", "dog"]),
        datasets={name: _dataset(name) for name in DATASETS},
        executors={"tiny": ExecutorSpec(**HEAD, kind="Executor", name="tiny", command=("run",))},
        projects={"p": ProjectSpec.model_validate(merged)},
    )


def _dataset(name: str) -> DatasetSpec:
    source = {"format": "voc", "path": f"raw/{name}"}
    return DatasetSpec.model_validate({**HEAD, "kind": "Dataset", "name": name, "from": source})


@dataclass
class Pure:
    """Makes versions without doing anything; `scores` gives the mAP of each round."""

    scores: Callable[[int], float] = lambda number: 0.5 + 0.1 * number
    pool: int = 1000
    has_people: bool = False
    gpu_seconds: float | None = None  # of each training, prediction, proof and mining
    classes: Callable[[int], Mapping[str, float]] | None = None  # AP of each class, by round
    sources: dict[str, str] = field(default_factory=lambda: {n: f"{n}-1" for n in DATASETS})
    relabelled: dict[str, int] = field(default_factory=dict)  # dataset -> images that go back
    boxes: dict[str, int] = field(default_factory=dict)  # that a training set has, by class
    unseen: dict[int, int] = field(
        default_factory=dict
    )  # round -> images that may show new classes
    world: dict[str, object] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def look(self) -> World:
        """The world as it is."""
        settings = {"executors": {"tiny": "e1"}, "evaluator": "judge 1", **self.world}
        return World(sources=self.sources, **settings)

    def plan(self, specs: Catalogue) -> Plan:
        """What would be done now."""
        return plan(specs, self.versions, self.look())

    def obey(self, specs: Catalogue, waves: int = 200) -> Plan:
        """Make the first thing that is ready until nothing is, as the loop does."""
        for _ in range(waves):
            now = self.plan(specs)
            if not now.ready:
                return now
            self.make(now.ready[0].stage, now.ready[0].recipe)
        raise AssertionError(f"not settled after {waves} waves: {self.made[-20:]}")

    def make(self, stage: Stage, recipe: Recipe) -> None:
        before = self.versions.get(stage.name)
        number = stage.round.number if stage.round else (before.number + 1 if before else 1)
        # a dataset's content is its source's; everything else is as its recipe decides
        content = recipe.inputs.get("source") or f"{stage.name} {recipe.digest}"
        if any(name.endswith("/label") for name in recipe.inputs) and stage.kind == "dataset":
            content = f"{stage.name} {recipe.digest}"  # or as it was corrected
        self.versions[stage.name] = Version(recipe, content, number, self.facts(stage, recipe))
        self.made.append(stage.name)

    def facts(self, stage: Stage, recipe: Recipe) -> Mapping[str, object]:
        known = self.known(stage, recipe)
        if self.gpu_seconds is not None and stage.kind in ("train", "predict", "prove", "mine"):
            return {**known, "gpu_seconds": self.gpu_seconds}
        return known

    def known(self, stage: Stage, recipe: Recipe) -> Mapping[str, object]:
        number = stage.round.number if stage.round else 0
        match stage.kind:
            case "training":
                kept = set(recipe.settings["labels"])
                return {"per_class": {k: n for k, n in self.boxes.items() if k in kept}}
            case "judge":
                value = self.scores(number)
                classes = self.classes(number) if self.classes else {"cat": value}
                return {
                    "map": value,
                    "map_low": value - 0.02,
                    "map_high": value + 0.02,
                    "map_50_95": value / 2,
                    "map_50_95_low": value / 2 - 0.02,
                    "per_class": dict(classes),
                    "per_class_low": {each: ap - 0.02 for each, ap in classes.items()},
                    "per_class_high": {each: ap + 0.02 for each, ap in classes.items()},
                }
            case "mine":
                mined = sum(
                    v.facts.get("picked", 0) - v.facts.get("relabel", 0)
                    for n, v in self.versions.items()
                    if n.endswith("/mine") and n != stage.name
                )
                picked = min(int(recipe.settings["topk"]), self.pool - mined)
                again = self.relabelled if "relabel" in recipe.inputs else {}
                new = self.unseen.get(number, 0) if "new_classes" in recipe.settings else 0
                back = {
                    "relabel": sum(again.values()) + new,
                    "relabel_left": 0,
                    "new_class": new,
                    "corrected": again,
                }
                return {
                    "picked": picked + back["relabel"],
                    "left": self.pool - mined - picked,
                    **(back if again or new else {}),
                }
            case "send":
                return {"images": 10, "where": "labels/p"} if self.has_people else {"images": 10}
            case "label":
                mine = self.versions[stage.round.stage("mine")]
                corrected = mine.facts.get("corrected", {})
                more = {"corrected": corrected} if corrected else {}
                return {"labelled": mine.facts["picked"], **more}
            case _:
                return {}


class Versions(Pure):
    """A world that keeps every version of a dataset, as the store does."""

    def make(self, stage: Stage, recipe: Recipe) -> None:
        super().make(stage, recipe)
        if stage.round is None and stage.kind == "dataset":
            made = self.versions[stage.name]
            self.versions[f"{stage.name}@v{made.number}"] = made


def say(step: Step) -> str:
    """One line per step, as the case files write it."""
    match step:
        case Keep():
            return f"{step.stage.name} — keep"
        case Run():
            return f"{step.stage.name} — run ({step.why})"
        case Park():
            return f"{step.stage.name} — park ({step.what})"
        case Wait():
            return f"{step.stage.name} — wait for {', '.join(step.on)}"
        case Block():
            return f"{step.stage.name} — block ({step.why})"
        case Suspend():
            return f"{step.stage.name} — suspend ({step.why})"
        case Prune():
            return f"{step.name} — prune"


def pending(now: Plan) -> list[str]:
    """The stages that a plan would still make, in order."""
    return [step.stage.name for step in now.pending]


def observed(versions: Mapping[str, Version]) -> Snapshot:
    """A copy that later changes leave alone."""
    return dict(versions)
