"""All specs of a workspace, by kind and name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ymir.spec.dataset import DatasetSpec
from ymir.spec.executor import ExecutorSpec
from ymir.spec.labels import LabelsSpec
from ymir.spec.model import ModelSpec
from ymir.spec.project import ProjectSpec
from ymir.spec.workspace import WorkspaceSpec

AnySpec = LabelsSpec | DatasetSpec | ExecutorSpec | ModelSpec | ProjectSpec | WorkspaceSpec

KINDS: Mapping[str, type[AnySpec]] = {
    "Labels": LabelsSpec,
    "Dataset": DatasetSpec,
    "Executor": ExecutorSpec,
    "Model": ModelSpec,
    "Project": ProjectSpec,
    "Workspace": WorkspaceSpec,
}


@dataclass(frozen=True)
class Catalogue:
    """The desired state, complete and consistent: every reference in it can be followed."""

    labels: LabelsSpec
    datasets: Mapping[str, DatasetSpec] = field(default_factory=dict)
    executors: Mapping[str, ExecutorSpec] = field(default_factory=dict)
    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    projects: Mapping[str, ProjectSpec] = field(default_factory=dict)
    workspace: WorkspaceSpec = field(default_factory=WorkspaceSpec)
