"""Where a round comes from: data, stages, program, seeds and package."""

from __future__ import annotations

from collections.abc import Mapping

from ymir.plan import history
from ymir.plan.snapshot import Version
from ymir.report.model import Fact, Lineage, Step, Used
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.spec.pins import dataset_of

ROLES = ("training", "validation", "testing", "mining")


def lineage(project: ProjectRecord, now: RoundRecord) -> Lineage:
    """Everything that decided the round, by digest."""
    steps = tuple(
        Step(kind, version.digest, version.recipe.digest, history.seconds_of(version))
        for kind, version in now.versions.items()
    )
    return Lineage(_used(project, now), steps, _facts(project, now))


def seconds_of(now: RoundRecord) -> float | None:
    """How long the round's stages took, where they say."""
    known = [s for s in map(history.seconds_of, now.versions.values()) if s is not None]
    return sum(known) if known else None


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
                found.append(_dataset(role, dataset, project.datasets[name], digest))
    return tuple(found)


def _dataset(role: str, name: str, newest: Version, consumed: str | None) -> Used:
    if consumed is not None and consumed != newest.digest:
        return Used(role, name, None, consumed, None, None)
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
        Fact("executor", project.spec.train.executor),
        Fact("executor digest", train.recipe.inputs.get("executor", "") if train else "", True),
        Fact("started from", _start(train)),
        Fact("training seed", "" if seed is None else str(seed)),
        Fact("mining seed", str(project.spec.mine.seed)),
        *testing_facts(project, now),
        Fact("package", str(package.facts.get("file", "")) if package else ""),
        Fact("package sha256", str(sha256 or ""), is_digest=True),
        *_proof(now.versions.get("prove")),
    )
    return tuple(fact for fact in known if fact.value)


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
