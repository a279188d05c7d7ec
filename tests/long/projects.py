"""A workspace of many projects that have gone on for some rounds each, as planning sees it."""

from dataclasses import replace

from tests.plan.worlds import Pure, catalogue
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue
from ymir.spec.project import ProjectSpec

PLACES = ("training", "validation", "testing", "mining")


def many(count: int, rounds: int) -> tuple[Catalogue, Snapshot, World]:
    """So many projects, each with its own datasets and records, all of them settled."""
    specs = catalogue(goal={"map": 0.99, "rounds": rounds, "plateau": None})
    world = Pure(scores=lambda number: 0.5, pool=10**6, gpu_seconds=1.0)
    world.obey(specs, waves=10**4)
    numbers = range(count)
    datasets = {
        f"{name}{k}": spec.model_copy(update={"name": f"{name}{k}"})
        for k in numbers
        for name, spec in specs.datasets.items()
    }
    return (
        replace(specs, datasets=datasets, projects={f"p{k}": _like(specs, k) for k in numbers}),
        {
            _renamed(name, k): _like_version(version, k)
            for k in numbers
            for name, version in world.versions.items()
        },
        replace(
            world.look(),
            sources={f"{name}{k}": each for k in numbers for name, each in world.sources.items()},
        ),
    )


def _like(specs: Catalogue, number: int) -> ProjectSpec:
    project = specs.projects["p"]
    data = {
        place: tuple(f"{name}{number}" for name in getattr(project.data, place)) for place in PLACES
    }
    own = {"name": f"p{number}", "data": project.data.model_copy(update=data)}
    return project.model_copy(update=own)


def _like_version(version: Version, number: int) -> Version:
    inputs = {_renamed(name, number): each for name, each in version.recipe.inputs.items()}
    return replace(version, recipe=replace(version.recipe, inputs=inputs))


def _renamed(name: str, number: int) -> str:
    """Programs and sources are no stages, and keep their names."""
    if place := RoundOf.of(name):
        return RoundOf(f"p{number}", place.number).stage(name.rpartition("/")[2])
    if name == "p/report":
        return f"p{number}/report"
    return name if name in ("source", "executor", "evaluator") else f"{name}{number}"
