"""What may be said of a Kubernetes cluster in a workspace."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ymir.spec.base import Count, Flag, Spec
from ymir.spec.executor import Size

ObjectName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253),
    Field(json_schema_extra={"patternErrorMessage": "a name as Kubernetes has them"}),
]
Namespace = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63),
    Field(json_schema_extra={"patternErrorMessage": "a namespace as Kubernetes has them"}),
]
LabelKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$"
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$")
]


Folder = Annotated[
    str,
    StringConstraints(pattern="^/"),
    Field(json_schema_extra={"patternErrorMessage": "a path that begins with `/`"}),
]


class Toleration(Spec):
    """A taint of nodes that does not keep jobs away, as Kubernetes has it."""

    key: LabelKey | None = Field(default=None, description="The taint's key; any, without one.")
    operator: Literal["Equal", "Exists"] = Field(
        default="Equal", description="Whether the taint's value counts."
    )
    value: LabelValue | None = Field(default=None, description="The taint's value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="What the taint does; anything, without one."
    )

    @model_validator(mode="after")
    def _is_taken(self) -> Self:
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("`operator: Exists` takes no `value`")
        if self.operator == "Equal" and self.key is None:
            raise ValueError("give a `key`, or `operator: Exists` for every taint")
        return self


class Settings(Spec):
    """Which cluster jobs are given to, what they are given there, and where the workspace lies."""

    claim: ObjectName = Field(
        description="The PersistentVolumeClaim (ReadWriteMany) on which the workspace lies."
    )
    folder: Folder = Field(
        description="Where this machine sees the root of that claim: `/mnt/ymir`."
    )
    context: str | None = Field(
        default=None, min_length=1, description="Of the kubeconfig; its current one by default."
    )
    namespace: Namespace | None = Field(
        default=None, description="Where jobs are made; by default the one that the context names."
    )
    width: Count = Field(
        default=8, description="How many jobs it is given at once; those without room wait there."
    )
    tries: Count = Field(
        default=3,
        description="How often a job may be begun that nodes lose or evict, before it has failed.",
    )
    gpu: LabelKey = Field(
        default="nvidia.com/gpu", description="What the cluster calls the GPUs of its nodes."
    )
    scratch: Size = Field(default="8g", description="The most that a job may write to `/tmp`.")
    node_selector: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels that a node must have."
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="Taints of nodes that jobs tolerate."
    )
    grows: Flag = Field(
        default=False,
        description="The cluster adds nodes when they are asked for: nothing is refused because "
        "no node has it now.",
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict,
        description="More labels of the Jobs, such as Kueue's `kueue.x-k8s.io/queue-name`.",
    )
    priority_class: ObjectName | None = Field(default=None, description="Their PriorityClass.")
    service_account: ObjectName | None = Field(
        default=None, description="Whose image pull secrets and policies hold; no token is mounted."
    )
    image_pull_secrets: tuple[ObjectName, ...] = Field(
        default=(), description="Secrets by which nodes pull private images."
    )
    policy: ObjectName | None = Field(
        default="ymir-no-network",
        description="The NetworkPolicy that keeps jobs with the label `ymir/network: none` off the "
        "network. Where the namespace has none of that name, a job without `network` is refused; "
        "`null` trusts the cluster.",
    )
