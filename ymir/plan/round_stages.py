"""How the stages of one project's rounds look: inputs, settings, what seals them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import accumulate

from pydantic import JsonValue

from ymir.plan.asked import gates_of_training, given, sending, slices_of, tool_of
from ymir.plan.batches import ANSWERS, CLOSED
from ymir.plan.decision import Decision, Figures
from ymir.plan.history import (
    count,
    figures_of,
    gpu_seconds_before,
    labels_bought,
    newest_round,
    number_in,
)
from ymir.plan.mining import told
from ymir.plan.models import starting_stage
from ymir.plan.regression import regressions, said_of
from ymir.plan.relabel import RELEASED, Back, going_back
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.plan.world import UNREAD, World
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec

TRAINED = ("training", "train", "predict", "judge", "package", "prove")
LABELLED = ("mine", "send", "label")
KINDS = (*TRAINED, *LABELLED)  # of the stages of a round, in order
_IGNORE = "ignore"


@dataclass(frozen=True)
class RoundStages:
    """How the stages of one project's rounds look."""

    project: ProjectSpec
    observed: Snapshot
    world: World
    generation: int
    unfit: str | None = None  # why no training can start from the model that the project names

    def name(self, number: int, kind: str) -> str:
        """The name of a round's stage."""
        return f"{self.project.name}/r{number}/{kind}"

    def trained(self, n: int) -> dict[str, Stage]:
        """From the training set to the package of round `n`, and the proof of it."""
        stages = self._stages(
            self._training(n), self._train(n), self._predict(n), self._judge(n), self._package(n)
        )
        return stages | (self._stages(self._prove(n)) if self._is_proven(n) else {})

    def batch(self, n: int) -> dict[str, Stage]:
        """What round `n` sends to people, and what comes back."""
        return self._stages(self._mine(n), self._send(n), self._label(n))

    def _training(self, n: int) -> Stage:
        """The base set and every batch so far; of a round given up, only what came back."""
        labelled = [
            name
            for k in self._earlier(n, "training")
            if (name := self.name(k, "label")) in self.observed
            or (k == n - 1 and self._is_of_this_generation(k))
        ]
        inputs = dict.fromkeys((*self.project.data.training, *labelled, *self._scored))
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "generation": self.generation,
            "gates": gates_of_training(self.project.gates),
        }
        return self._stage(n, "training", tuple(inputs), settings)

    def _train(self, n: int) -> Stage:
        train = self.project.train
        previous = self.name(n - 1, "train")
        warm = train.start_from == "previous" and n > 1 and self._is_of_this_generation(n - 1)
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "executor": train.executor,
            "with": dict(train.with_),
            "previous": previous if warm else None,
        }
        inputs = (self.name(n, "training"), *self.project.data.validation)
        if model := starting_stage(self.project):
            settings["model"] = model
        earlier = (*((previous,) if warm else ()), *((model,) if model else ()))
        return self._stage(n, "train", (*inputs, *earlier), settings)

    def _predict(self, n: int) -> Stage:
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "executor": self._executor(n),
        }
        return self._stage(n, "predict", (self.name(n, "train"), *self._scored), settings)

    def _judge(self, n: int) -> Stage:
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "evaluator": self.world.evaluator,
        }
        return self._stage(n, "judge", (self.name(n, "predict"), *self._scored), settings)

    def _package(self, n: int) -> Stage:
        inputs = (self.name(n, "train"), self.name(n, "judge"))
        return self._stage(n, "package", inputs, {"labels": self._labels(n)})

    def _prove(self, n: int) -> Stage:
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "executor": self._executor(n),
            "gate": self.project.gates.package,
        }
        inputs = dict.fromkeys((self.name(n, "package"), self.name(n, "predict"), *self._scored))
        return self._stage(n, "prove", tuple(inputs), settings)

    def _is_proven(self, n: int) -> bool:
        """Whether there is, or should be, a proof: not in rounds that began without this gate."""
        if self.name(n, "prove") in self.observed:
            return True
        training = self.observed.get(self.name(n, "training"))
        began = training.recipe.settings.get("gates") if training else None
        before = began.get("package", _IGNORE) if isinstance(began, dict) else _IGNORE
        return _IGNORE not in (before if training else None, self.project.gates.package)

    def _proof(self, n: int) -> tuple[str, ...]:
        """Nobody labels for a model whose package is broken; what was mined stays as it is."""
        proof = self.name(n, "prove")
        is_late = self.name(n, "mine") in self.observed and proof not in self.observed
        blocks = self.project.gates.package == "block" and self._is_proven(n)
        return (proof,) if blocks and not is_late else ()

    def _regression(self, n: int) -> str | None:
        """Why nobody labels after round `n`, if its model is worse and the project asks for that.

        Rounds are compared on the same testing set only, and within a generation.
        """
        before, now = (self.observed.get(self.name(k, "judge")) for k in (n - 1, n))
        is_one_series = self._is_of_this_generation(n - 1) and self._is_of_this_generation(n)
        if self.project.gates.regression != "block" or not (before and now and is_one_series):
            return None
        if self._tested(before) != self._tested(now):
            return None
        worse = regressions(before.facts, now.facts)
        return said_of(worse, before.facts, now.facts, since=n - 1) if worse else None

    def _tested(self, judge: Version) -> frozenset[tuple[str, str]]:
        """Of what a round was judged on, the testing sets and their content."""
        names = {dataset_of(name) for name in self.project.data.testing}
        return frozenset(each for each in judge.recipe.content if each[0] in names)

    def _mine(self, n: int) -> Stage:
        """Never more than the label budget has left; never what an earlier round mined."""
        mine, budget = self.project.mine, self.project.goal.labels
        room = mine.topk if budget is None else budget - self._labels_before(n)
        settings: dict[str, JsonValue] = {
            "labels": self._labels(n),
            "use": mine.use,
            "with": dict(mine.with_),
            "topk": min(mine.topk, room),
            "seed": mine.seed,
            "executor": self._executor(n),
            "gates": self.project.gates.model_dump(mode="json", exclude={"package", "regression"}),
            **told(self.project, self.observed.get(self.name(n, "judge"))),
        }
        before = self._earlier(n, "mine")
        earlier = (name for k in before if (name := self.name(k, "mine")) in self.observed)
        model = (self.name(n, "train"), *self.project.data.mining, self.name(n, "training"))
        inputs = dict.fromkeys(
            (*model, *self._scored, *earlier, *self._released(n), *self._proof(n))
        )
        made = self._stage(n, "mine", tuple(inputs), settings)
        if self._is_history(n, "mine"):
            return made
        made, back = replace(made, gate=self._regression(n)), self._going_back(n)
        return self._with_relabelled(made, n, back, room) if back else made

    def _earlier(self, n: int, kind: str) -> range:
        """The rounds that a stage may take something of: of what is history, the one before."""
        return range(max(1, n - 1) if self._is_history(n, kind) else 1, n)

    def _is_history(self, n: int, kind: str) -> bool:
        """Whether a stage is recorded and never made again, so that nobody asks for its inputs."""
        recorded = self.observed.get(self.name(n, kind))
        return recorded is not None and not self._found_nothing(kind, recorded)

    def _released(self, n: int) -> tuple[str, ...]:
        """The earlier batches of which images went back to the pool."""
        names = (self.name(k, "label") for k in self._earlier(n, "mine"))
        return tuple(each for each in names if self._count(each, RELEASED))

    def _count(self, stage: str, fact: str) -> int:
        version = self.observed.get(stage)
        return count(version, fact) if version else 0

    def _going_back(self, n: int) -> Back | None:
        """What people have seen before, and look at again with this batch."""
        listed = self.world.relabel.get(self.project.name)
        return going_back(self.project, n, listed, self.observed)

    def _with_relabelled(self, mine: Stage, n: int, back: Back, room: int) -> Stage:
        """The stage, if images that people have seen before go first."""
        answered = (name for k in range(1, n) if (name := self.name(k, "label")) in self.observed)
        known = (*self.project.data.training, *answered)
        more = back.inputs(RoundOf(self.project.name, n))
        is_limited = self.project.goal.labels is not None
        return replace(
            mine,
            inputs=tuple(dict.fromkeys((*mine.inputs, *known, *more))),
            settings={**mine.settings, **back.settings(room if is_limited else None)},
            digests={**mine.digests, **back.digests},
        )

    def _send(self, n: int) -> Stage:
        """What people start from is what the round's model finds."""
        label = self.project.label
        settings: dict[str, JsonValue] = {"labels": self._labels(n), **sending(label)}
        inputs = [self.name(n, "mine"), *self.project.data.mining]
        if label.suggestions:
            settings["executor"] = self._executor(n)
            inputs.append(self.name(n, "train"))
        return self._stage(n, "send", tuple(inputs), settings)

    def _label(self, n: int) -> Stage:
        """Taken back from the tool that has it; until when, and what counts, may be edited."""
        inputs = (self.name(n, "send"), self.name(n, "mine"), *self.project.data.mining)
        settings = {"labels": self._labels(n), **tool_of(self.project.label)}
        if sent := self.observed.get(self.name(n, "send")):
            is_other = sent.recipe.settings.get("use") != settings["use"]
            kept = ("use", "with", "review") if is_other else ("review",)
            settings |= {k: v for k, v in sent.recipe.settings.items() if k in kept}
        settings |= self.terms
        made = self._stage(n, "label", inputs, settings)
        if made.name in self.world.pulled and made.name in self.observed:
            answers = {ANSWERS: self.world.pulled[made.name]}
            return replace(made, digests={**made.digests, **answers}, sealed=False)
        if made.name in self.world.closed and made.name not in self.observed:
            return replace(made, settings={**settings, CLOSED: True})
        return made

    @cached_property
    def terms(self) -> dict[str, JsonValue]:
        """Until when a batch is waited for, and which answers count."""
        return given(self.project.label, "deadline", "on_partial", "choose")

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
        rounds = range(1, last + 1)
        shown = [self.name(n, kind) for n in rounds for kind in ("judge", "package")]
        later = [self.name(n, kind) for n in rounds for kind in ("prove", "label")]
        shown += [name for name in later if name in self.observed]  # nobody waits for those
        sent = [self.name(n, "send") for n in rounds]
        shown += [name for name in sent if self._is_with_people(name)]  # who is told to label
        goal = self.project.goal.model_dump(mode="json")
        settings: dict[str, JsonValue] = {
            "goal": goal,
            "regression": self.project.gates.regression,
            "slices": slices_of(self.project),
            "decision": dict(asdict(decision)) if decision else None,
        }
        name = f"{self.project.name}/report"
        inputs = tuple(each for each in shown if each in stages)
        return {name: Stage(name, "report", inputs, settings)}

    def _is_with_people(self, send: str) -> bool:
        """True of a batch that lies somewhere for people to label."""
        return send in self.observed and "where" in self.observed[send].facts

    def figures(self, settled: frozenset[str], last: int) -> tuple[Figures, ...]:
        """What each round of this generation reached, if its scores are up to date."""
        spent = gpu_seconds_before(self.project.name, self.observed)
        return tuple(
            figures_of(n, self.observed[judge], self._labels_before(n), spent.get(n, 0.0))
            for n in range(1, last + 1)
            if (judge := self.name(n, "judge")) in settled and self._is_of_this_generation(n)
        )

    def pool_is_empty(self, n: int) -> bool:
        """True when mining found nothing, or the round before took the last image."""
        mine, before = (self.observed.get(self.name(k, "mine")) for k in (n, n - 1))
        newest, fact = (mine, "picked") if mine else (before, "left")
        if newest is None or count(newest, fact) or not self._is_of_todays_pool(newest):
            return False
        if not mine and self._count(self.name(n - 1, "label"), RELEASED):
            return False
        back = self._going_back(n)  # what people see again needs no pool
        return back is None or not back.is_worth_trying(mine)

    def without_unfinished(self, stages: Mapping[str, Stage], decided: int) -> dict[str, Stage]:
        """The stages up to the round that was decided, and what exists beyond it."""
        return {
            name: stage
            for name, stage in stages.items()
            if name in self.observed or (stage.round and stage.round.number <= decided)
        }

    @cached_property
    def _scored(self) -> tuple[str, ...]:
        """The sets that models are scored on."""
        return (*self.project.data.testing, *self.project.data.validation)

    def _stages(self, *each: Stage) -> dict[str, Stage]:
        return {stage.name: stage for stage in each}

    def _stage(
        self, n: int, kind: str, inputs: tuple[str, ...], settings: dict[str, JsonValue]
    ) -> Stage:
        """A recorded stage is history: only new data or a new evaluator makes scores anew."""
        place = RoundOf(self.project.name, n)
        recorded = self.observed.get(place.stage(kind))
        executor = str(settings["executor"]) if "executor" in settings else None
        obstacle = self._obstacle(n, kind, executor)
        digests = {"executor": self._program(executor, recorded)} if executor else {}
        if recorded and kind in ("predict", "judge"):
            kept = {k: v for k, v in recorded.recipe.inputs.items() if k == "executor"}
            evaluator = {"evaluator": self.world.evaluator} if kind == "judge" else {}
            settings, digests = {**recorded.recipe.settings, **evaluator}, kept
        sealed = kind not in ("predict", "judge") and not self._found_nothing(kind, recorded)
        return Stage(place.stage(kind), kind, inputs, settings, digests, place, sealed, obstacle)

    def _program(self, executor: str, recorded: Version | None) -> str:
        """The digest of an executor's program; one that nobody has looked at is as it was."""
        now = self.world.executors.get(executor, "")
        if now != UNREAD or recorded is None:
            return now
        return recorded.recipe.inputs.get("executor", now)

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
        if kind == "train" and self.unfit:
            return self.unfit
        if kind != "training" or not self._is_of_this_generation(n - 1):
            return None
        gone = [str(each) for each in self._labels(n - 1) if each not in self.project.labels]
        return (
            f"{', '.join(gone)} was removed from the labels: models and labels of earlier rounds "
            f"do not fit any more; `ymir apply --restart {self.project.name} --allow retrain` "
            "begins anew"
            if gone
            else None
        )

    def _found_nothing(self, kind: str, recorded: Version | None) -> bool:
        return kind == "mine" and recorded is not None and count(recorded, "picked") == 0

    def _is_of_this_generation(self, n: int) -> bool:
        training = self.observed.get(self.name(n, "training"))
        return (
            training is None or number_in(training.recipe.settings, "generation") == self.generation
        )

    def _is_of_todays_pool(self, mine: Version) -> bool:
        return all(
            name in self.observed
            and (dataset_of(name), self.observed[name].digest) in mine.recipe.content
            for name in self.project.data.mining
        )

    def _labels_before(self, n: int) -> int:
        return self._bought[min(n, len(self._bought)) - 1]

    @cached_property
    def _bought(self) -> tuple[int, ...]:
        """How many images people had labelled before each round."""
        rounds = range(1, newest_round(self.project.name, self.observed) + 1)
        bought = (labels_bought(self.project.name, k, self.observed) for k in rounds)
        return tuple(accumulate(bought, initial=0))
