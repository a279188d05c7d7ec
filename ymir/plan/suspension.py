"""Which stages are left as they are because a spec says `suspend: true`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ymir.plan.models import model_name
from ymir.plan.stage import Stage
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import dataset_of


def with_suspended(stages: Mapping[str, Stage], catalogue: Catalogue) -> dict[str, Stage]:
    """The stages, each with the specs that suspend it."""
    words = {name: ", ".join(_specs(stage, catalogue)) for name, stage in stages.items()}
    return {
        name: replace(stage, suspended=words[name]) if words[name] else stage
        for name, stage in stages.items()
    }


def suspended_projects(catalogue: Catalogue) -> frozenset[str]:
    """The projects for which nothing runs."""
    is_all = catalogue.workspace.suspend
    return frozenset(name for name, each in catalogue.projects.items() if is_all or each.suspend)


def _specs(stage: Stage, catalogue: Catalogue) -> Iterator[str]:
    """`project helmet`, for each spec that suspends this stage."""
    if catalogue.workspace.suspend:
        yield "the workspace"
    owner = dataset_of(stage.name.split("/")[0])
    if "/" in stage.name:
        if (project := catalogue.projects.get(owner)) and project.suspend:
            yield f"project {owner}"
    elif name := model_name(owner):
        if (model := catalogue.models.get(name)) and model.suspend:
            yield f"model {name}"
    elif (dataset := catalogue.datasets.get(owner)) and dataset.suspend:
        yield f"dataset {owner}"
    executor = catalogue.executors.get(str(stage.settings.get("executor")))
    if executor and executor.suspend:
        yield f"executor {executor.name}"
