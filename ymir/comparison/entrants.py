"""Who takes part in a comparison: rounds, imported models, packages, by what people type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ymir.comparison.records import Records
from ymir.errors import SpecError
from ymir.package.contents import Package
from ymir.package.imported import PACKAGE, chosen
from ymir.package.read import read_package
from ymir.plan.history import count
from ymir.plan.models import MARK
from ymir.plan.stage import RoundOf
from ymir.plugins import nearest
from ymir.spec.pins import dataset_of

_ENDINGS = (".gz", ".tgz", ".tar")


@dataclass(frozen=True)
class Entrant:
    """A model that takes part. `classes` are as it spells them, `weights` stand for its content."""

    name: str
    says: str
    classes: tuple[str, ...]
    executor: str
    weights: str
    place: RoundOf | None = None  # the round that made it
    model: str | None = None  # or the stage of the version that was imported
    file: Package | None = None  # or the file that was named

    def known(self, names: Mapping[str, str]) -> dict[str, str]:
        """Its classes, each with the name that `Labels` has for it."""
        return {
            each: names.get(each.strip().lower(), each.strip().lower()) for each in self.classes
        }


def entrants(texts: Sequence[str], records: Records) -> tuple[Entrant, ...]:
    """The models that `helmet/r3`, `helmet`, `base@v1` or `out/base.tar.gz` mean."""
    if len(texts) < 2:
        raise SpecError(
            "one model alone cannot be compared",
            hint="name two or more, such as `ymir compare helmet/r1 helmet`",
        )
    for at, text in enumerate(texts):
        if text in texts[:at]:
            raise SpecError(f"`{text}` is named twice", hint="name each model once")
    return _told_apart([_entrant(text, records) for text in texts], texts)


def package_of(entrant: Entrant, records: Records) -> Package:
    """Its package, read and found whole; laid out or fetched first if need be."""
    if entrant.file:
        return entrant.file
    if entrant.model:
        stage = str(records.observed[entrant.model].facts["stage"])
        return chosen(read_package(records.store.open(entrant.model) / PACKAGE), stage)
    made = f"{entrant.place}/package"
    if made not in records.observed:
        raise SpecError(f"`{entrant.name}` has no package yet", hint="run `ymir apply`")
    file = str(records.observed[made].facts["file"])
    return read_package(records.store.open(made) / file)


def _entrant(text: str, records: Records) -> Entrant:
    if text.endswith(_ENDINGS):
        return _of_file(text)
    rounds, models = records.judged(text), records.versions(f"{MARK}{text}")
    if rounds and models:
        raise SpecError(
            f"`{text}` is both a project and a model",
            hint=f"write `{text}/r{rounds[-1]}` or `{models[-1].removeprefix(MARK)}`",
        )
    if rounds:
        return _of_round(text, RoundOf(text, rounds[-1]), records)
    if models:
        return _of_model(text, models[-1], records)
    if f"{text}/judge" in records.observed and (place := RoundOf.of(f"{text}/judge")):
        return _of_round(text, place, records)
    if f"{MARK}{text}" in records.observed:
        return _of_model(text, f"{MARK}{text}", records)
    if _is_file(text):
        return _of_file(text)
    raise _unknown(text, records)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with what no path has
        return False


def _of_round(text: str, place: RoundOf, records: Records) -> Entrant:
    train = records.observed[place.stage("train")]
    training = records.observed.get(place.stage("training"))
    images = f", trained on {count(training, 'images'):,} images" if training else ""
    return Entrant(
        name=text,
        says=f"round {place.number} of {place.project}{images}",
        classes=_words(train.recipe.settings.get("labels")),
        executor=str(train.recipe.settings.get("executor", "")),
        weights=train.digest,
        place=place,
    )


def _of_model(text: str, stage: str, records: Records) -> Entrant:
    version = records.observed[stage]
    spec = records.specs.models.get(dataset_of(stage.removeprefix(MARK)))
    executor = spec.executor if spec and spec.executor else str(version.facts.get("executor", ""))
    newest = "" if "@" in text else f" (v{version.number})"
    return Entrant(
        name=text,
        says=f"a model that was imported{newest}, made by {executor or 'nobody knows what'}",
        classes=_words(version.facts.get("class_names")),
        executor=executor,
        weights=f"{version.digest} {version.facts.get('stage')}",
        model=stage,
    )


def _of_file(text: str) -> Entrant:
    path = Path(text)
    if not _is_file(text):
        raise SpecError(f"there is no file `{text}`", hint="a package is a tar.gz of a model")
    package = read_package(path)
    sums = sorted(package.checksums[member] for member in package.best.members.values())
    return Entrant(
        name=path.name,
        says=f"a package, made by {package.executor or 'nobody knows what'}",
        classes=package.class_names,
        executor=package.executor,
        weights=" ".join([package.best_stage, *sums]),
        file=package,
    )


def _words(values: object) -> tuple[str, ...]:
    return tuple(str(each) for each in values) if isinstance(values, list) else ()


def _told_apart(found: Sequence[Entrant], texts: Sequence[str]) -> tuple[Entrant, ...]:
    """Files of one name in several folders are called as they were typed."""
    names = [each.name for each in found]
    pairs = zip(found, texts, strict=True)
    return tuple(
        replace(each, name=text) if names.count(each.name) > 1 else each for each, text in pairs
    )


def _unknown(text: str, records: Records) -> SpecError:
    names = list(_names(records))
    if text in records.specs.projects:
        return SpecError(f"no round of `{text}` has been judged", hint="run `ymir apply`")
    if text in records.specs.models:
        return SpecError(f"the model `{text}` is not imported yet", hint="run `ymir apply`")
    hint = nearest(text, names) if names else "`ymir apply` makes models, and imports them"
    return SpecError(f"there is no round, project or model called `{text}`", hint=hint)


def _names(records: Records) -> Iterator[str]:
    """All that can be typed, apart from files."""
    for each in records.observed:
        if each.startswith(MARK):
            yield each.removeprefix(MARK)
        elif each.endswith("/judge") and (place := RoundOf.of(each)):
            yield str(place)
            if place.number == records.judged(place.project)[-1]:
                yield place.project
