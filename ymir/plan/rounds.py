"""Unroll a project into the stages of its rounds, as far as can be known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from ymir.plan.decision import Decision, Figures, decide
from ymir.plan.planner import Keep, steps
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import Graph, RoundOf, Stage
from ymir.plan.world import World
from ymir.spec.project import ProjectSpec

TRAINED = ("training", "train", "predict", "judge", "package")
LABELLED = ("mine", "send", "label")
OWN_MINING = "executor"  # `mine: {use: executor}`: the executor's own `mine` task


@dataclass(frozen=True)
class Unrolled:
    """One project's stages; how its newest judged round was decided; the round under way."""

    project: ProjectSpec
    stages: Mapping[str, Stage]
    round: int
    decision: Decision | None  # None: no round of this generation is judged, or it is out of date
    figures: tuple[Figures, ...]  # of this generation, oldest first
    bought: int


def unroll(
    project: ProjectSpec, datasets: Mapping[str, Stage], observed: Snapshot, world: World
) -> Unrolled:
    """Every recorded round, the one under way, and the one after it if the goal asks for more."""
    last = newest_round(project.name, observed)
    reached = generation_of(project.name, last, observed)
    generation = max(reached, world.generations.get(project.name, 1))
    if last == 0 or reached < generation:
        last += 1
    make = _Rounds(project, observed, world, generation)
    stages = {name: s for n in range(1, last + 1) for name, s in make.existing(n).items()}
    figures = make.figures(_settled({**datasets, **stages}, observed, world), last)
    bought = sum(labels_bought(project.name, n, observed) for n in range(1, last + 1))
    decision = None
    newest = figures[-1].round if figures else 0
    if newest and (newest == last or make.name(last, "judge") not in observed):
        empty = make.pool_is_empty(newest)
        decision = decide(project.goal, figures, pool_empty=empty)
        if decision.stops:
            stages = make.without_unfinished(stages, newest)
            last = newest
        elif newest == last:
            stages |= {**make.batch(last), **make.trained(last + 1)}
    stages |= make.report(last, stages, decision)
    return Unrolled(project, stages, last, decision, figures, bought)


def newest_round(project: str, observed: Snapshot) -> int:
    """The highest round of which anything is recorded; 0 before the first."""
    numbers = (_number(name) for name in observed if name.startswith(f"{project}/r"))
    return max((n for n in numbers if n is not None), default=0)


def generation_of(project: str, number: int, observed: Snapshot) -> int:
    """Which generation a round belongs to: `apply --restart` begins the next; the first is 1."""
    training = observed.get(RoundOf(project, number).stage("training"))
    return _count_of(training.recipe.settings, "generation") if training else 1


def labels_bought(project: str, number: int, observed: Snapshot) -> int:
    """How many images people labelled in this round."""
    label = observed.get(RoundOf(project, number).stage("label"))
    return _count(label, "labelled") if label else 0


def figures_of(number: int, judge: Version, labels: int) -> Figures:
    """Read a judged round's figures back from its record."""
    facts = judge.facts
    return Figures(
        round=number,
        map=_real(facts["map"]),
        map_low=_real(facts["map_low"]),
        map_high=_real(facts["map_high"]),
        map_50_95=_real(facts["map_50_95"]),
        map_50_95_low=_real(facts["map_50_95_low"]),
        per_class=_reals(facts["per_class"]),
        per_class_low=_reals(facts["per_class_low"]),
        labels=labels,
    )


@dataclass(frozen=True)
class _Rounds:
    """How the stages of one project's rounds look."""

    project: ProjectSpec
    observed: Snapshot
    world: World
    generation: int

    def name(self, number: int, kind: str) -> str:
        return RoundOf(self.project.name, number).stage(kind)

    def trained(self, n: int) -> dict[str, Stage]:
        """From the training set to the package of round `n`."""
        data, train = self.project.data, self.project.train
        scored = (*data.testing, *data.validation)
        labelled = tuple(
            name
            for k in range(1, n)
            if (name := self.name(k, "label")) in self.observed or k == n - 1
            if self._is_of_this_generation(k) or name in self.observed
        )
        previous = self.name(n - 1, "train")
        warm = train.start_from == "previous" and n > 1 and self._is_of_this_generation(n - 1)
        shared: dict[str, JsonValue] = {"labels": self._labels(n)}
        return self._stages(
            n,
            (
                "training",
                tuple(dict.fromkeys((*data.training, *labelled, *scored))),
                {**shared, "generation": self.generation},
            ),
            (
                "train",
                (self.name(n, "training"), *data.validation, *((previous,) if warm else ())),
                {
                    **shared,
                    "executor": train.executor,
                    "with": dict(train.with_),
                    "previous": previous if warm else None,
                },
            ),
            (
                "predict",
                (self.name(n, "train"), *scored),
                {**shared, "executor": self._executor(n)},
            ),
            (
                "judge",
                (self.name(n, "predict"), *scored),
                {**shared, "evaluator": self.world.evaluator},
            ),
            ("package", (self.name(n, "train"), self.name(n, "judge")), shared),
        )

    def batch(self, n: int) -> dict[str, Stage]:
        """Mine, send and label in round `n`."""
        mine, label, data = self.project.mine, self.project.label, self.project.data
        budget = self.project.goal.labels
        room = mine.topk if budget is None else budget - self._labels_before(n)
        earlier = tuple(
            name for k in range(1, n) if (name := self.name(k, "mine")) in self.observed
        )
        held_out = (*data.validation, *data.testing)
        shared: dict[str, JsonValue] = {"labels": self._labels(n)}
        mining: dict[str, JsonValue] = {
            **shared,
            "use": mine.use,
            "with": dict(mine.with_),
            "topk": min(mine.topk, room),
            "seed": mine.seed,
            "executor": self._executor(n),
        }
        inputs = (self.name(n, "train"), *data.mining, self.name(n, "training"), *held_out)
        tool: dict[str, JsonValue] = {**shared, "use": label.use, "with": dict(label.with_)}
        return self._stages(
            n,
            ("mine", tuple(dict.fromkeys((*inputs, *earlier))), mining),
            ("send", (self.name(n, "mine"), *data.mining), tool),
            ("label", (self.name(n, "send"), self.name(n, "mine"), *data.mining), tool),
        )

    def existing(self, n: int) -> dict[str, Stage]:
        """A round that has begun: what it made and, unless it was given up, what it lacks."""
        trained, batch = self.trained(n), self.batch(n)
        given_up = not self._is_of_this_generation(n)
        return {
            name: stage
            for name, stage in {**trained, **batch}.items()
            if name in self.observed or (name in trained and not given_up)
        }

    def report(
        self, last: int, stages: Mapping[str, Stage], decision: Decision | None
    ) -> dict[str, Stage]:
        """The pages that people open: made again whenever what they show has changed."""
        shown = [self.name(n, kind) for n in range(1, last + 1) for kind in ("judge", "package")]
        shown += [
            name for n in range(1, last + 1) if (name := self.name(n, "label")) in self.observed
        ]
        goal = self.project.goal.model_dump(mode="json")
        settings: dict[str, JsonValue] = {
            "goal": goal,
            "decision": dict(asdict(decision)) if decision else None,
        }
        name = f"{self.project.name}/report"
        inputs = tuple(each for each in shown if each in stages)
        return {name: Stage(name, "report", inputs, settings)}

    def figures(self, settled: frozenset[str], last: int) -> tuple[Figures, ...]:
        """What each round of this generation reached, if its scores are up to date."""
        return tuple(
            figures_of(n, self.observed[judge], self._labels_before(n))
            for n in range(1, last + 1)
            if (judge := self.name(n, "judge")) in settled and self._is_of_this_generation(n)
        )

    def pool_is_empty(self, n: int) -> bool:
        """True when mining found nothing, or the round before took the last image."""
        mine, before = (self.observed.get(self.name(k, "mine")) for k in (n, n - 1))
        newest, fact = (mine, "picked") if mine else (before, "left")
        return newest is not None and not _count(newest, fact) and self._is_of_todays_pool(newest)

    def without_unfinished(self, stages: Mapping[str, Stage], decided: int) -> dict[str, Stage]:
        """The stages up to the round that was decided, and what exists beyond it."""
        return {
            name: stage
            for name, stage in stages.items()
            if name in self.observed or (stage.round and stage.round.number <= decided)
        }

    def _stages(
        self, n: int, *each: tuple[str, tuple[str, ...], dict[str, JsonValue]]
    ) -> dict[str, Stage]:
        made = (self._stage(n, kind, inputs, settings) for kind, inputs, settings in each)
        return {stage.name: stage for stage in made}

    def _stage(
        self, n: int, kind: str, inputs: tuple[str, ...], settings: dict[str, JsonValue]
    ) -> Stage:
        """A recorded stage is history: only new data or a new evaluator makes scores anew."""
        place = RoundOf(self.project.name, n)
        recorded = self.observed.get(place.stage(kind))
        executor = str(settings["executor"]) if "executor" in settings else None
        obstacle = self._obstacle(n, kind, executor)
        digests = {"executor": self.world.executors.get(executor, "")} if executor else {}
        if recorded and kind in ("predict", "judge"):
            kept = {k: v for k, v in recorded.recipe.inputs.items() if k == "executor"}
            evaluator = {"evaluator": self.world.evaluator} if kind == "judge" else {}
            settings, digests = {**recorded.recipe.settings, **evaluator}, kept
        sealed = kind not in ("predict", "judge") and not self._found_nothing(kind, recorded)
        return Stage(place.stage(kind), kind, inputs, settings, digests, place, sealed, obstacle)

    def _labels(self, n: int) -> list[JsonValue]:
        """A round keeps the classes that it began with."""
        training = self.observed.get(self.name(n, "training"))
        labels = training.recipe.settings.get("labels") if training else None
        return labels if isinstance(labels, list) else list(self.project.labels)

    def _executor(self, n: int) -> str:
        """Who trained a model also runs it."""
        train = self.observed.get(self.name(n, "train"))
        return str(train.recipe.settings["executor"] if train else self.project.train.executor)

    def _obstacle(self, n: int, kind: str, executor: str | None) -> str | None:
        if executor is not None and executor not in self.world.executors:
            return f"`{executor}` trained the model of round {n}, and no spec defines it any more"
        if kind != "training" or not self._is_of_this_generation(n - 1):
            return None
        gone = [str(each) for each in self._labels(n - 1) if each not in self.project.labels]
        return (
            f"{', '.join(gone)} was removed from the labels: models and labels of earlier rounds "
            f"do not fit any more; `ymir apply --restart {self.project.name}` begins anew"
            if gone
            else None
        )

    def _found_nothing(self, kind: str, recorded: Version | None) -> bool:
        return kind == "mine" and recorded is not None and _count(recorded, "picked") == 0

    def _is_of_this_generation(self, n: int) -> bool:
        training = self.observed.get(self.name(n, "training"))
        return (
            training is None or _count_of(training.recipe.settings, "generation") == self.generation
        )

    def _is_of_todays_pool(self, mine: Version) -> bool:
        return all(
            name in self.observed and mine.recipe.inputs.get(name) == self.observed[name].digest
            for name in self.project.data.mining
        )

    def _labels_before(self, n: int) -> int:
        return sum(labels_bought(self.project.name, k, self.observed) for k in range(1, n))


def _settled(stages: Mapping[str, Stage], observed: Snapshot, world: World) -> frozenset[str]:
    decided = steps(Graph.of(stages), observed, world)
    return frozenset(step.stage.name for step in decided if isinstance(step, Keep))


def _number(name: str) -> int | None:
    number = name.split("/")[1].removeprefix("r")
    return int(number) if number.isdigit() else None


def _count(version: Version, fact: str) -> int:
    return _count_of(version.facts, fact)


def _count_of(values: Mapping[str, JsonValue], name: str) -> int:
    return int(_real(values.get(name, 0)))


def _real(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _reals(value: JsonValue) -> dict[str, float]:
    return {k: _real(v) for k, v in value.items()} if isinstance(value, dict) else {}
