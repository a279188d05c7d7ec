"""Judge all models of a comparison by the classes that all of them know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ymir.comparison.entrants import Entrant
from ymir.comparison.finding import Findings, Search, findings
from ymir.comparison.ground import content_of
from ymir.comparison.records import Records
from ymir.data.ops.filter import filter_labels
from ymir.data.ops.relabel import relabel
from ymir.data.table import counts
from ymir.errors import DataError, SpecError
from ymir.jobs.remarks import RULES
from ymir.media.tables import read_table
from ymir.metrics import evaluator
from ymir.metrics.judge import judge
from ymir.metrics.scores import round_metrics
from ymir.report.collect.comparison import Comparison, Side
from ymir.report.record import Judged
from ymir.spec.operations import Filter

_FEW = 5  # classes that are named


@dataclass(frozen=True)
class Classes:
    """By the names of `Labels`: what all models know, and what only some of them do."""

    names: Mapping[str, str]  # every name and alias, lower-case -> the name of its class
    shared: tuple[str, ...]  # in the order of the first model
    others: tuple[str, ...]


def comparison(entrants: Sequence[Entrant], search: Search) -> Comparison:
    """All models on the ground, judged by one judge."""
    classes = shared_classes(entrants, search.records.specs.labels.primary_names())
    truth = _by_names(search.truth, classes.names)
    if set(counts(truth)["per_class"]).isdisjoint(classes.shared):
        what = ", ".join(f"`{each}`" for each in classes.shared)
        raise DataError(
            f"`{search.ground.name}` has no box of {what}: nothing can be judged",
            hint="choose a dataset with `--on` that has boxes of these classes",
        )
    found = [findings(each, search) for each in entrants]
    pairs = zip(entrants, found, strict=True)
    return Comparison(
        testing=search.ground.name,
        digest=search.ground.digest,
        truth=truth,
        labels=classes.shared,
        sides=tuple(
            Side(each.says, _judged(each, one, truth, classes, search)) for each, one in pairs
        ),
        notes=tuple(_notes(entrants, found, classes, search)),
        slices=_slices(entrants, search.records),
    )


def shared_classes(entrants: Sequence[Entrant], names: Mapping[str, str]) -> Classes:
    """What all models know, by the aliases of `Labels`, as imports read them."""
    known = [dict.fromkeys(each.known(names).values()) for each in entrants]
    shared = tuple(each for each in known[0] if all(each in other for other in known[1:]))
    if not shared:
        raise SpecError(
            f"{' and '.join(f'`{each.name}`' for each in entrants)} have no class in common",
            hint="if they call one class by two names, make one an alias of the other in `Labels`",
        )
    every = dict.fromkeys(name for each in known for name in each)
    return Classes(names, shared, tuple(name for name in every if name not in shared))


def _judged(
    entrant: Entrant, found: Findings, truth: pl.DataFrame, classes: Classes, search: Search
) -> Judged:
    """As it is recorded, where that says all; else by judging what was found."""
    if recorded := _recorded(entrant, found, classes, search):
        return recorded
    known = entrant.known(classes.names)
    images = filter_labels(relabel(found.images, names=known), labels=classes.shared)
    scores, matches = judge(truth, images, labels=classes.shared)
    return Judged(entrant.name, None, scores, matches)


def _recorded(entrant: Entrant, found: Findings, classes: Classes, search: Search) -> Judged | None:
    """The scores of the round itself, if it was judged on just this, by this judge."""
    if entrant.place is None or found.role != "testing" or entrant.classes != classes.shared:
        return None
    place, records = entrant.place, search.records
    judged, predict = (records.observed.get(place.stage(kind)) for kind in ("judge", "predict"))
    if judged is None or predict is None:
        return None
    is_current = (
        judged.recipe.settings.get("evaluator") == evaluator.NAME
        and judged.recipe.inputs.get(place.stage("predict")) == predict.digest
        and content_of(place, "testing", judged.recipe, records) == search.ground.content
    )
    if not is_current:
        return None
    folder = records.store.open(place.stage("judge"))
    scores = round_metrics.validate_json((folder / "metrics.json").read_bytes())["testing"]
    return Judged(entrant.name, None, scores, read_table(folder / "matches.parquet"))


def _by_names(images: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """The labels by the names of `Labels`: these may have changed since an import."""
    present = counts(images)["per_class"]
    changed = {each: name for each in present if (name := names.get(each, each)) != each}
    return relabel(images, names=changed) if changed else images


def _slices(entrants: Sequence[Entrant], records: Records) -> dict[str, Filter]:
    """The slices that the projects of the rounds declare; of one name, the first."""
    projects = [records.specs.projects.get(each.place.project) for each in entrants if each.place]
    declared = [each.report.slices.items() for each in reversed(projects) if each]
    return {name: op for slices in declared for name, op in slices}


def _notes(
    entrants: Sequence[Entrant], found: Sequence[Findings], classes: Classes, search: Search
) -> Iterator[str]:
    """What a reader must know to trust the figures."""
    if classes.others:
        some = ", ".join(classes.others[:_FEW])
        more = f" and {len(classes.others) - _FEW} more" if len(classes.others) > _FEW else ""
        yield f"Left out, as not all models know them: {some}{more}"
    for each, one in zip(entrants, found, strict=True):
        if seen := _trained_on(each, search):
            what = f"{seen:,} of these images"
            yield f"{each.name} was trained on {what}, so its figures are too good"
        for rule, count in sorted(one.remarks.items()):
            yield f"{each.name}: {count:,} {RULES.get(rule, rule)}"


def _trained_on(entrant: Entrant, search: Search) -> int:
    """How many of the images a round has seen before, as far as is recorded."""
    stage = entrant.place.stage("training") if entrant.place else ""
    file = search.records.table(stage, "training.parquet")
    if file is None or not file.is_file():
        return 0
    training = read_table(file, columns=["image"])
    return search.truth.join(training, on="image", how="semi").height
