"""What may be said of a Slurm cluster in a workspace."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from ymir.slurm.containers import PROGRAMS, Engines
from ymir.slurm.submission import Site
from ymir.spec.base import Count, Flag, Spec
from ymir.spec.complaints import Complaint, refuse
from ymir.spec.executor import Duration, Size, seconds

Word = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s-]\S*$"),
    Field(json_schema_extra={"patternErrorMessage": "a word as Slurm has it"}),
]
Option = Annotated[
    str,
    StringConstraints(pattern=r"^--?[A-Za-z]"),
    Field(json_schema_extra={"patternErrorMessage": "an option such as `--exclusive`"}),
]
# What ymir says itself, or could not live with.
_OURS = re.compile(
    r"(--(array|chdir|export|job-name|output|error|input|open-mode|requeue|no-requeue|parsable"
    r"|wait|wrap|test-only|quiet|help|usage|version|clusters|nodes|ntasks|time|gres)"
    r"|-[aDJoeiWQhVMNnt])(=.*)?"
)


class Settings(Spec):
    """Which part of the cluster jobs are given to, and what its nodes have."""

    partition: Word | None = Field(
        default=None, description="The partition, or several with commas; else the default one."
    )
    account: Word | None = Field(default=None, description="The account that jobs are charged to.")
    qos: Word | None = Field(default=None, description="The quality of service.")
    constraint: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="Features that a node must have, as Slurm writes them: `a&b`."
    )
    gpu: Word | None = Field(
        default=None, description="The kind of GPUs, as the cluster calls it: `a100`."
    )
    width: Count = Field(
        default=64, description="How many jobs it is given at once, running or waiting there."
    )
    tries: Count = Field(
        default=3,
        description="How often a job may be begun that is preempted or whose node is lost, before "
        "it has failed. A program that fails by itself is not begun again.",
    )
    margin: Duration = Field(
        default="5m",
        description="How much longer than `timeout` Slurm is asked to let a job run, so that the "
        "job ends by itself.",
    )
    outage: Duration = Field(
        default="5m", description="For how long the controller may not answer before a run ends."
    )
    python: Annotated[str, StringConstraints(pattern=r"^[^\s]+$", max_length=100)] = Field(
        default="/usr/bin/python3",
        description="Python on the nodes, 3.6 or later, for the program that looks after a job.",
    )
    containers: Literal["podman", "apptainer"] | None = Field(
        default=None,
        description="What runs the `image` of an executor on a node; by default Podman, or "
        "Apptainer where there is no Podman.",
    )
    container_options: tuple[Option, ...] = Field(
        default=(),
        description="Options of that program itself, such as `--root=/local/containers`.",
    )
    container_limits: Flag = Field(
        default=True,
        description="Podman limits memory and processes itself; `false` where nodes do not let "
        "their users do so: Slurm's own limits hold.",
    )
    data: Literal["shared", "remote"] = Field(
        default="shared",
        description="How the bytes of images reach a node: by the folder that it shares, or from "
        "the DVC remote into `scratch`.",
    )
    scratch: Annotated[str, StringConstraints(pattern=r"^/\S+$")] | None = Field(
        default=None, description="A folder of each node's own, with `data: remote`: `/local`."
    )
    cache: Size = Field(
        default="100g",
        description="How much of it images may take; those that were not used for longest go.",
    )
    ymir: Annotated[str, StringConstraints(pattern=r"^/\S+$")] | None = Field(
        default=None,
        description="Python with ymir on the nodes, with `data: remote`; by default the one that "
        "runs ymir here.",
    )
    options: tuple[Option, ...] = Field(
        default=(), description="More options of `sbatch`, one each: `--reservation=vision`."
    )

    @field_validator("options")
    @classmethod
    def _leave_ours(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        ours = ((i, each) for i, each in enumerate(options) if _OURS.fullmatch(each))
        refuse(Complaint((i,), f"`{each}` is for ymir to say") for i, each in ours)
        return options

    @model_validator(mode="after")
    def _has_scratch(self) -> Self:
        if self.data == "remote" and self.scratch is None:
            raise ValueError("`data: remote` needs a folder of the nodes: `scratch: /local`")
        return self

    @property
    def site(self) -> Site:
        """The part of it that `sbatch` is told."""
        return Site(
            partition=self.partition,
            account=self.account,
            qos=self.qos,
            constraint=self.constraint,
            gpu=self.gpu,
            margin=seconds(self.margin),
            python=self.python,
            options=self.options,
        )

    @property
    def engines(self) -> Engines:
        """What may run containers on a node."""
        programs = (self.containers,) if self.containers else PROGRAMS
        return Engines(programs, self.container_options, self.container_limits)
