"""What holds for a whole workspace."""

from typing import Literal

from pydantic import Field

from ymir.spec.base import Name, Spec


class WorkspaceSpec(Spec):
    """`Workspace`: backend, allowed paths, remote, git behaviour. All of it may be left out."""

    apiVersion: Literal["ymir/v1"] = "ymir/v1"  # noqa: N815 - the spelling Kubernetes users know
    kind: Literal["Workspace"] = "Workspace"
    backend: Name = Field(default="process", description="Where jobs run.")
    remote: str | None = Field(
        default=None, description="Where `ymir push` stores data: a folder or a DVC remote URL."
    )
    paths: tuple[str, ...] = Field(
        default=(".",), description="Datasets may be read from these folders and what is in them."
    )
    commit: bool = Field(default=True, description="One git commit per finished stage.")
