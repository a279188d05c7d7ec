"""Whom a workspace tells when something changes how its projects stand."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from ymir.spec.base import Name, Use, distinct
from ymir.spec.scope import plugin

ConditionType = Literal[
    "Synced", "GoalReached", "WaitingForLabels", "Progressing", "Stalled", "Suspended"
]


class NotifySpec(Use):
    """One way in which people or programs are told, and of what."""

    plugins: ClassVar[str] = "notices"

    use: Annotated[Name, plugin("notices", "way to notify")] = Field(
        description="`slack`, `webhook` or `command`."
    )
    when: Annotated[tuple[ConditionType, ...], AfterValidator(distinct)] = Field(
        default=("GoalReached", "WaitingForLabels", "Stalled"),
        min_length=1,
        description="The conditions whose changes are told: those of `ymir status`.",
    )
    projects: Annotated[tuple[Name, ...], AfterValidator(distinct)] = Field(
        default=(),
        description="Only these projects. Left out: all projects, datasets and models.",
    )
