"""How runs on several machines keep apart."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from ymir.spec.base import Spec
from ymir.spec.complaints import Complaint, refuse
from ymir.spec.executor import Duration, seconds

LONGEST = 86_400  # seconds: whoever comes after a run that died waits for as long as it said
Remote = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$"),
    Field(json_schema_extra={"patternErrorMessage": "the name of a git remote, as `origin`"}),
]


class LeaseSpec(Spec):
    """A lease per project, kept in a git ref of the remote while a run works on it."""

    hold: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="`auto`: where the remote can be reached; `always`: or nothing runs; "
        "`never`: only the lock of this machine.",
    )
    remote: Remote | None = Field(
        default=None, description="Name of the git remote; by default the one of the branch."
    )
    expiry: Duration = Field(
        default="2m", description="A run that shows no sign of life for so long holds nothing."
    )

    @field_validator("expiry")
    @classmethod
    def _is_bearable(cls, expiry: Duration) -> Duration:
        refuse([Complaint((), "must be a day at most")] if seconds(expiry) > LONGEST else [])
        return expiry

    @property
    def seconds(self) -> int:
        """The expiry in seconds."""
        return seconds(self.expiry)
