"""Where a round comes from: data, stages, program, seeds and package."""

from __future__ import annotations

from collections.abc import Mapping

from ymir.plan import history
from ymir.plan.snapshot import Version
from ymir.report.collect.cost import gpu_seconds_of
from ymir.report.collect.spec_changes import spec_changes
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.origin import Fact, Lineage, Step, Used
from ymir.report.words import plural
from ymir.spec.pins import dataset_of

_LONGEST = 60  # letters of a parameter
ROLES = ("training", "validation", "testing", "mining")


def lineage(project: ProjectRecord, now: RoundRecord, before: RoundRecord | None) -> Lineage:
    """Everything that decided the round, by digest, and what differs from the round before."""
    steps = tuple(_step(kind, version) for kind, version in now.versions.items())
    changes = spec_changes(project, now, before)
    return Lineage(_used(project, now), steps, _facts(project, now), changes)


def _step(kind: str, version: Version) -> Step:
    seconds, of_gpus = history.seconds_of(version), gpu_seconds_of(version)
    return Step(kind, version.digest, version.recipe.digest, seconds, of_gpus)


def testing_facts(project: ProjectRecord, now: RoundRecord) -> tuple[Fact, ...]:
    """What the figures of all rounds rest on."""
    scores = now.testing
    return (
        Fact("judged on", f"{scores.images:,} images, {scores.boxes:,} boxes"),
        Fact("evaluator", scores.evaluator),
        Fact("ymir", project.ymir or "unknown"),
    )


def _used(project: ProjectRecord, now: RoundRecord) -> tuple[Used, ...]:
    """The datasets by role; the digest is the one that the round consumed, whatever is newest."""
    consumed: dict[str, str] = {}
    for version in now.versions.values():
        consumed.update(version.recipe.inputs)
    found = []
    for role in ROLES:
        for name in getattr(project.spec.data, role):
            if name in project.datasets:
                dataset = dataset_of(name)
                digest = consumed.get(name, consumed.get(dataset))
                number = project.numbers.get((dataset, digest or ""))
                found.append(_dataset(role, dataset, project.datasets[name], digest, number))
    return tuple(found)


def _dataset(
    role: str, name: str, newest: Version, consumed: str | None, number: int | None
) -> Used:
    if consumed is not None and consumed != newest.digest:
        return Used(role, name, number, consumed, None, None)
    facts = newest.facts
    return Used(
        role, name, newest.number, newest.digest, _count(facts, "images"), _count(facts, "boxes")
    )


def _count(facts: Mapping[str, object], name: str) -> int | None:
    value = facts.get(name)
    return value if isinstance(value, int) else None


def _facts(project: ProjectRecord, now: RoundRecord) -> tuple[Fact, ...]:
    train, package = now.versions.get("train"), now.versions.get("package")
    config = now.model.get("config")
    seed = config.get("seed") if isinstance(config, dict) else None
    sha256 = package.facts.get("sha256") if package else None
    known = (
        Fact("specs at commit", now.commit or "", is_digest=True),
        Fact("executor", _executor(project, train)),
        Fact("executor image", project.image or ""),
        Fact("executor digest", train.recipe.inputs.get("executor", "") if train else "", True),
        Fact("started from", _start(train)),
        Fact("trained with", _parameters(config)),
        Fact("training seed", "" if seed is None else str(seed)),
        Fact("mining seed", _mining_seed(project, now)),
        Fact("training went on from", str(now.fact("train", "began_from") or "")),
        Fact("pseudo-labels", _pseudo(project, now)),
        Fact("read leniently", _remarks(now)),
        *testing_facts(project, now),
        Fact("package", str(package.facts.get("file", "")) if package else ""),
        Fact("package sha256", str(sha256 or ""), is_digest=True),
        *_proof(now.versions.get("prove")),
    )
    return tuple(fact for fact in known if fact.value)


def _parameters(config: object) -> str:
    """What the executor was told besides classes and seed, as its model says; cut where long."""
    known = config if isinstance(config, dict) else {}
    others = sorted(known.keys() - {"class_names", "seed"})
    return ", ".join(f"{name}={str(known[name])[:_LONGEST]}" for name in others)


def _executor(project: ProjectRecord, train: Version | None) -> str:
    """Who trained the model, whatever the specs ask for today."""
    settings = train.recipe.settings if train else {}
    return str(settings.get("executor") or project.spec.train.executor)


def _mining_seed(project: ProjectRecord, now: RoundRecord) -> str:
    mine = now.versions.get("mine")
    return str((mine.recipe.settings if mine else {}).get("seed", project.spec.mine.seed))


def _pseudo(project: ProjectRecord, now: RoundRecord) -> str:
    """What the round learned from models alone."""
    rounds = [each for each in project.until(now.number - 1) if each.by_model]
    images = plural(sum(each.by_model for each in rounds), "image")
    numbers = ", ".join(str(each.number) for each in rounds)
    by = f"model of round {numbers}" if len(rounds) == 1 else f"models of rounds {numbers}"
    return f"of {images}, by the {by}; nobody looked at them" if rounds else ""


def _remarks(now: RoundRecord) -> str:
    """How the executor's results bend the contract, in one line."""
    said = [
        f"{kind}: {each}"
        for kind in now.versions
        if isinstance(remarks := now.fact(kind, "remarks"), list)
        for each in remarks
    ]
    return "; ".join(said)


def _start(train: Version | None) -> str:
    """The model whose weights the training began with; nothing where it began from scratch."""
    settings = train.recipe.settings if train else {}
    return str(settings.get("model") or settings.get("previous") or "").removeprefix("model:")


def _proof(prove: Version | None) -> tuple[Fact, ...]:
    """What became of each promise of the package."""
    facts = prove.facts if prove else {}
    checks, broken = facts.get("checks"), facts.get("broken")
    names = broken if isinstance(broken, list) else []
    return tuple(
        Fact(f"package {name}", f"BROKEN: {says}" if name in names else str(says))
        for name, says in (checks.items() if isinstance(checks, dict) else ())
    )
