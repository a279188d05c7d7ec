"""What a plan costs, as far as earlier rounds tell: hours of executors, labels, images. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ymir.plan.decision import HOUR
from ymir.plan.history import count, seconds_of
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.spending import Ahead
from ymir.plan.stage import RoundOf, Stage
from ymir.spec.catalogue import Catalogue
from ymir.spec.project import ProjectSpec

Range = tuple[float, float]  # least and most
NO_HISTORY = "no history"

_WITH_EXECUTOR = ("train", "predict", "prove", "mine", "send")
_SMALL, _LEAST = 10, 0.01  # hours: below the first, fractions are said; the second is the smallest


@dataclass(frozen=True)
class Cost:
    """What a step takes, or a whole plan; None of what it does not take, or nobody can tell."""

    gpu_hours: Range | None = None
    hours: Range | None = None  # of executors that use no GPU
    labels: int | None = None
    images: int | None = None  # that executors and people are given
    unknown: int = 0  # stages of an executor that has not done the like before

    @property
    def says(self) -> str:
        """In one line; nothing of what costs nothing."""
        return ", ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.gpu_hours:
            yield f"{_span(self.gpu_hours)} GPU-hours"
        if self.hours:
            yield f"{_span(self.hours)} hours without a GPU"
        if self.labels:
            yield f"{self.labels:,} label{'s' * (self.labels != 1)}"
        if self.images:
            yield f"{self.images:,} image{'s' * (self.images != 1)} to move"
        if self.unknown == 1:
            yield NO_HISTORY
        elif self.unknown:
            yield f"{NO_HISTORY} of {self.unknown} stages"


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of what is known."""
    each = tuple(costs)
    return Cost(
        gpu_hours=_sum(cost.gpu_hours for cost in each),
        hours=_sum(cost.hours for cost in each),
        labels=_count(cost.labels for cost in each),
        images=_count(cost.images for cost in each),
        unknown=sum(cost.unknown for cost in each),
    )


@dataclass(frozen=True)
class Estimates:
    """What stages will cost, from the records and from what is about to be labelled."""

    catalogue: Catalogue
    observed: Snapshot
    ahead: Mapping[str, Ahead | None]  # project -> its next batch

    def of(self, stage: Stage) -> Cost:
        """What making this stage takes."""
        labels = self._labels(stage) if stage.kind == "label" else None
        if stage.kind not in _WITH_EXECUTOR or "executor" not in stage.settings:
            return Cost(labels=labels)
        images = self._images(stage)
        known = self._hours(stage, images)
        if known is None:
            return Cost(images=images, unknown=1)
        executor = self.catalogue.executors.get(str(stage.settings["executor"]))
        has_gpu = executor is not None and executor.resources.gpus > 0
        hours = known if any(known) else None
        return Cost(
            gpu_hours=hours if has_gpu else None, hours=None if has_gpu else hours, images=images
        )

    def _labels(self, stage: Stage) -> int | None:
        """As many images as the batch has, or may have within the budget."""
        if stage.round is None:
            return None
        if sent := self.observed.get(stage.round.stage("send")):
            return count(sent, "images")
        ahead = self.ahead.get(stage.round.project)
        return ahead.images if ahead else None

    def _hours(self, stage: Stage, images: int | None) -> Range | None:
        """From the least to the most that the like took, for as many images; None: no history."""
        like = list(self._like(stage))
        if not like:
            return None
        executor = self.catalogue.executors.get(str(stage.settings["executor"]))
        has_gpu = executor is not None and executor.resources.gpus > 0
        took = [
            seconds * _scale(self._given(name, version), images) / HOUR
            for name, version in like
            if (seconds := _seconds(version, has_gpu=has_gpu)) is not None
        ]
        if took:
            return min(took), max(took)
        is_idle = not any("gpu_seconds" in version.facts for _, version in like)
        return (0.0, 0.0) if is_idle else None

    def _like(self, stage: Stage) -> Sequence[tuple[str, Version]]:
        """What was made by the same executor, with the same parameters where there is such."""
        made = self._made.get((stage.kind, str(stage.settings["executor"])), [])
        same = [each for each in made if _parameters(each[1]) == stage.settings.get("with")]
        return same or made

    @cached_property
    def _made(self) -> Mapping[tuple[str, str], list[tuple[str, Version]]]:
        """All that executors made, by kind and executor."""
        found: dict[tuple[str, str], list[tuple[str, Version]]] = defaultdict(list)
        for name, version in self.observed.items():
            if "executor" in version.recipe.settings:
                key = (version.recipe.kind, str(version.recipe.settings["executor"]))
                found[key].append((name, version))
        return found

    def _images(self, stage: Stage) -> int | None:
        """How many images the stage is given; None where nobody knows yet."""
        place = stage.round
        project = self.catalogue.projects.get(place.project) if place else None
        if place is None or project is None:
            return None
        match stage.kind:
            case "train":
                return _plus(self._training(place, project), self._of(project.data.validation))
            case "predict":
                return self._of((*project.data.validation, *project.data.testing))
            case "mine":
                pool = self._of(project.data.mining)
                return None if pool is None else max(0, pool - self._picked(place))
            case "send" if mined := self.observed.get(place.stage("mine")):
                return count(mined, "picked")
        return None

    def _given(self, name: str, version: Version) -> int | None:
        """How many images a stage was given that was made before."""
        place = RoundOf.of(name)
        match version.recipe.kind:
            case "train" if place and (made := self.observed.get(place.stage("training"))):
                inputs = version.recipe.inputs
                others = [n for n in inputs if RoundOf.of(n) is None and not n.startswith("model:")]
                scored = self._of([n for n in others if n != "executor"])
                return _plus(_known(made), scored)
            case "predict" | "send":
                return _known(version)
            case "mine":
                return count(version, "candidates") or None
        return None

    def _of(self, datasets: Iterable[str]) -> int | None:
        """The images of datasets, together; None where one is not made yet."""
        made = [self.observed.get(name) for name in datasets]
        known = [_known(version) if version else None for version in made]
        return None if None in known else sum(each or 0 for each in known)

    def _training(self, place: RoundOf, project: ProjectSpec) -> int | None:
        """Of the training set, or, before it is made, of the one before and what was picked."""
        if made := self.observed.get(place.stage("training")):
            return _known(made)
        before = RoundOf(place.project, place.number - 1)
        last, mined = (self.observed.get(before.stage(kind)) for kind in ("training", "mine"))
        if last is None:
            return self._of(project.data.training)
        ahead = self.ahead.get(place.project)
        more = count(mined, "picked") if mined else ahead.images if ahead else 0
        return _plus(_known(last), more)

    def _picked(self, place: RoundOf) -> int:
        mines = (RoundOf(place.project, n).stage("mine") for n in range(1, place.number))
        return sum(count(self.observed[name], "picked") for name in mines if name in self.observed)


def _known(version: Version) -> int | None:
    return count(version, "images") or None


def _plus(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _parameters(version: Version) -> object:
    return version.recipe.settings.get("with")


def _seconds(version: Version, *, has_gpu: bool) -> float | None:
    """Seconds of GPUs, or of an executor without any; None of what had other means."""
    gpu = version.facts.get("gpu_seconds")
    if not isinstance(gpu, int | float) or bool(gpu) != has_gpu:
        return None
    return float(gpu) if has_gpu else seconds_of(version)


def _scale(before: int | None, now: int | None) -> float:
    return now / before if before and now else 1.0


def _sum(ranges: Iterable[Range | None]) -> Range | None:
    known = [each for each in ranges if each is not None]
    return (sum(low for low, _ in known), sum(high for _, high in known)) if known else None


def _count(numbers: Iterable[int | None]) -> int | None:
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def _span(hours: Range) -> str:
    low, high = map(_said, hours)
    if hours[1] < _LEAST:
        return f"under {_LEAST}"
    return low if low == high else f"{low} to {high}"


def _said(hours: float) -> str:
    return f"{hours:.2f}" if hours < _SMALL else f"{hours:,.0f}"
