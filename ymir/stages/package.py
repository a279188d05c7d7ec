"""Pack a round's model with its metrics, for people and for YMIR."""

from pathlib import Path

import ymir
from ymir.contracts.backend import Job
from ymir.package.contents import Contents, DataUsed
from ymir.package.write import write_package
from ymir.plan.decision import reached, unmet, wanted
from ymir.plan.history import count, figures_of
from ymir.plan.snapshot import Facts, Snapshot
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec
from ymir.stages.kind import Work
from ymir.stages.tables import project_of


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """`<project>-r<n>.tar.gz`, checksums inside."""
    train, judge = work.stage.inputs
    observed = work.store.observe()
    round_of = work.stage.round
    if round_of is None:
        raise AssertionError("a package belongs to a round")
    project = project_of(work)
    figures = figures_of(round_of.number, observed[judge], 0)
    missing = unmet(project.goal, figures)
    met = f"goal met: {reached(project.goal, figures)}"
    contents = Contents(
        project=project.name,
        description=project.description,
        number=round_of.number,
        model=work.store.open(train) / "model",
        metrics=work.store.open(judge) / "metrics.json",
        goal=wanted(project.goal),
        decision=f"goal not met: {'; '.join(missing)}" if missing else met,
        datasets=_datasets(project, observed),
        executor_digest=observed[train].recipe.inputs.get("executor", ""),
        ymir=ymir.__version__,
    )
    return write_package(into / f"{project.name}-r{round_of.number}.tar.gz", contents)


def _datasets(project: ProjectSpec, observed: Snapshot) -> tuple[DataUsed, ...]:
    data = project.data
    roles = {"training": data.training, "validation": data.validation, "testing": data.testing}
    return tuple(
        DataUsed(
            role=role,
            name=dataset_of(name),
            version=observed[name].number,
            digest=observed[name].digest,
            images=count(observed[name], "images"),
        )
        for role, names in roles.items()
        for name in names
    )
