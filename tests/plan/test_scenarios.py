"""Every scenario is a file: a history, an edit, and then exactly the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.plan.worlds import Versions, catalogue
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Keep, Prune
from ymir.plan.snapshot import recipe_for
from ymir.plan.target import only, wanted
from ymir.plan.world import Listed
from ymir.spec.catalogue import Catalogue
from ymir.spec.labels import LabelsSpec

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))

# The table of edits: what people edit, and the category that the plan puts it in.
TABLE = {
    "pointer": {"goal", "budgets", "report options", "descriptions"},
    "forward": {
        *("mine", "label", "train settings", "executor", "gates"),
        *("training content", "alias added", "class added"),
    },
    "re-judge": {"validation content", "testing content", "evaluator"},
    "retrain": {"class removed", "class renamed apart", "--restart"},
}


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    case = read(path)
    now = planned(case)
    assert {"edits": list(said(now)), "steps": list(shown(now))} == {"edits": [], **case["then"]}


def planned(case: Mapping) -> Plan:
    """The plan after a history and an edit."""
    given, edit = case["given"], case.get("edit") or {}
    world = Versions(**given.get("world", {}))
    value = world.scores
    if value == "fall":
        world.scores = lambda number: 0.6 - 0.1 * number
    elif not callable(value):
        world.scores = lambda _: value
    look(world, given, specs_of(given))
    if given.get("lives", True):
        live(world, specs_of(given), given.get("until"), given.get("after"))
    specs = specs_of(
        {**given, **edit, "specs": {**given.get("specs", {}), **edit.get("specs", {})}}
    )
    look(world, edit, specs)
    if until := edit.get("apply"):
        live(world, specs, None if until is True else until, None)
    now = world.plan(specs)
    return only(now, wanted(now, edit["target"])) if "target" in edit else now


def test_every_row_of_the_table_of_edits_has_a_scenario() -> None:
    covered = {category: set() for category in TABLE}
    for case in map(read, FILES):
        for category, rows in case.get("covers", {}).items():
            covered[category] |= set(rows)
    assert covered == TABLE


def live(world: Versions, specs: Catalogue, until: str | None, after: str | None) -> None:
    """Go on as the loop does, until one stage is the next, once another one was made."""
    while ready := world.plan(specs).ready:
        if ready[0].stage.name == until and (after is None or after in world.made):
            return
        world.make(ready[0].stage, ready[0].recipe)


def look(world: Versions, seen: Mapping, specs: Catalogue) -> None:
    """What is different in the world: files, programs, what was asked for, what failed."""
    world.sources |= seen.get("sources", {})
    for name in [name for name, digest in world.sources.items() if digest is None]:
        del world.sources[name]
    if listed := seen.get("listed"):
        world.world["relabel"] = {"p": Listed("l1", listed["images"], tuple(listed["files"]))}
    for fact in ("executors", "evaluator", "generations"):
        if fact in seen:
            world.world[fact] = seen[fact]
    if failed := seen.get("failed"):
        now = plan(specs, world.versions, world.look())
        stages = {step.stage.name: step.stage for step in now.steps if not isinstance(step, Prune)}
        recipes = {name: recipe_for(stages[name], world.versions) for name in failed}
        world.world["failures"] = {recipes[name].digest: why for name, why in failed.items()}


def specs_of(case: Mapping) -> Catalogue:
    """The specs; `objects` are changes of others than the project, as `Dataset.train`."""
    specs = catalogue(**case.get("specs", {}))
    if classes := case.get("classes"):
        head = {"apiVersion": "ymir/v1", "kind": "Labels"}
        specs = replace(specs, labels=LabelsSpec.model_validate({**head, "classes": classes}))
    for place, changes in case.get("objects", {}).items():
        group, _, name = place.partition(".")
        held = getattr(specs, group)
        if name:
            changed = {**held, name: held[name].model_copy(update=changes)}
        else:
            changed = held.model_copy(update=changes)
        specs = replace(specs, **{group: changed})
    left = {n: each for n, each in specs.projects.items() if n not in case.get("forget", ())}
    return replace(specs, projects=left)


def said(now: Plan) -> Iterator[str]:
    yield from (f"{edit.category}: {edit.what}" for edit in now.edits)


def shown(now: Plan) -> Iterator[str]:
    """`run p/r2/mine: new, forward`, for each step that is not kept."""
    for step in now.by_weight:
        if isinstance(step, Keep):
            continue
        effect = now.effect(step)
        name = step.name if isinstance(step, Prune) else step.stage.name
        words = [step.reason.code, effect.category or "-"]
        words += ["destructive"] if effect.is_destructive else []
        yield f"{type(step).__name__.lower()} {name}: {', '.join(words)}"
