"""One thing that is not as it should be, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from ymir.errors import YmirError

Severity = Literal["error", "warning"]
Area = Literal["git", "dvc", "data", "specs", "runs", "people", "machine", "leftovers"]

AREAS: dict[Area, str] = {
    "git": "the repository, its commits and tags",
    "dvc": "DVC's settings and locks",
    "data": "what is recorded, here and on the remote",
    "specs": "what is asked for",
    "runs": "who works here, and their jobs",
    "people": "batches of images to label",
    "machine": "what jobs need of this machine",
    "leftovers": "what killed runs and old jobs left",
}
UNLOOKED = "unlooked"  # the code of what could not be looked at
_COMMAND = re.compile(r"`((?:git|ymir|dvc) [^`]+)`")


@dataclass(frozen=True)
class Finding:
    """Something to mend; an error stands in the way, a warning does not yet.

    `mend` is a command wherever one mends it, and else says what a person has to do.
    """

    area: Area
    code: str
    severity: Severity
    where: str
    what: str
    mend: str

    @property
    def says(self) -> str:
        """The finding in one line."""
        said = " ".join(f"{self.where}: {self.what}".split())
        return f"{said}  (`{self.mend}`)"

    def data(self) -> dict[str, str]:
        """The finding for programs."""
        return asdict(self)


Check = Callable[[], Iterable[Finding]]


def gathered(checks: Collection[tuple[Area, Check]]) -> Iterator[Finding]:
    """What all checks find; one that cannot look says why, and hinders no other."""
    said: set[str] = set()
    for area, check in checks:
        try:
            yield from list(check())
        except YmirError as error:
            what = str(error).splitlines()[0]
            if what not in said:
                said.add(what)
                yield Finding(area, UNLOOKED, "error", area, what, mend_of(error.hint))


def mend_of(hint: str | None) -> str:
    """The command that a hint names, or all that it says where it names none."""
    found = _COMMAND.search(hint or "")
    return found[1] if found else (hint or "ymir plan")
