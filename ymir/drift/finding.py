"""One thing that has drifted, or that nobody could look at."""

from dataclasses import asdict, dataclass
from typing import Literal

Code = Literal[
    "artefact-added",
    "artefact-edited",
    "artefact-removed",
    "cache-missing",
    "cache-damaged",
    "pointer-edited",
    "pointer-removed",
    "pointer-unfit",
    "pointer-unreadable",
    "remote-missing",
    "source-changed",
]
UnseenCode = Literal["remote-silent", "source-absent"]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded; `heal` is the command that brings it back."""

    code: Code
    where: str
    what: str
    heal: str

    @property
    def says(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}  ({self.code}; `{self.heal}`)"

    def data(self) -> dict[str, str]:
        """The finding for programs."""
        return asdict(self)


@dataclass(frozen=True)
class Unseen:
    """Something that could not be looked at: it may have drifted or not."""

    code: UnseenCode
    where: str
    what: str

    @property
    def says(self) -> str:
        """What was not seen, in one line."""
        return f"{self.where}: {self.what}  ({self.code})"

    def data(self) -> dict[str, str]:
        """The same for programs."""
        return asdict(self)
