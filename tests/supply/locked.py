"""The packages that `requirements*.lock` name."""

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DEFAULT, DEVELOPMENT = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"


def locked(file: Path) -> dict[str, str]:
    """The version of each package that this Python on this machine gets, by its plain name."""
    entries = [Requirement(text) for text, _ in entries_of(file)]
    return {
        plain(entry.name): str(entry.specifier).removeprefix("==")
        for entry in entries
        if entry.marker is None or entry.marker.evaluate()
    }


def entries_of(file: Path) -> list[tuple[str, list[str]]]:
    """Each requirement as it is written, with the digests of the files that may be installed."""
    unbroken = file.read_text().replace("\\\n", " ")
    lines = [line for line in unbroken.splitlines() if line and not line.lstrip().startswith("#")]
    parts = [line.split("--hash=") for line in lines]
    return [(head.strip(), [digest.strip() for digest in rest]) for head, *rest in parts]


def plain(name: str) -> str:
    """One of the many spellings of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
