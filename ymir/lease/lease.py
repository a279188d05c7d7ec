"""What a lease says: who works on a project, where, and for how long without a sign of life."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ymir.lease.process import Process

LONGEST = 86_400.0  # seconds
Line = Annotated[str, StringConstraints(max_length=500)]


class Lease(BaseModel):
    """One object in the remote's ref. Its moments are of its holder's clock: only for people."""

    model_config = ConfigDict(frozen=True)

    format: Literal["ymir-lease/1"] = "ymir-lease/1"
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
    project: Line
    holder: Line
    host: Line
    machine: Line = ""
    pid: Annotated[int, Field(gt=0, lt=1 << 31)]
    began: Line = ""
    folder: Line  # the workspace, as its holder sees it
    link: Line | None = None  # the job of the CI service
    since: Line
    heartbeat: Line
    beats: int = 0
    expiry: Annotated[float, Field(gt=0, le=LONGEST)]
    ymir: Line
    commit: Line | None = None

    @property
    def process(self) -> Process:
        """Whose it is."""
        return Process(self.host, self.machine, self.pid, self.began)

    @property
    def words(self) -> str:
        """Who holds it, in one line."""
        link = f", {self.link}" if self.link else ""
        return f"{self.holder} on {self.host} (process {self.pid}, since {self.since}{link})"

    def beaten(self, moment: str) -> Lease:
        """The same, with another sign of life."""
        return self.model_copy(update={"heartbeat": moment, "beats": self.beats + 1})


def written(lease: Lease) -> str:
    """As it is stored."""
    return lease.model_dump_json()


def read(text: str) -> Lease | None:
    """The lease that somebody stored; None of what this ymir does not understand."""
    try:
        return Lease.model_validate_json(text)
    except ValidationError:
        return None
