"""Where a file of the repository is on the site, and the other way round."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MADE = DOCS / "example"  # reports to look at, as they were made
TAKEN = "repository/"  # files from outside of `docs/` are below this address


def address_of(path: Path) -> str:
    """The address of a file."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    return f"{TAKEN}{path.relative_to(ROOT).as_posix()}"


def path_of(address: str) -> Path:
    """The file of an address; there is none where a page is generated."""
    if address.startswith(TAKEN):
        return ROOT / address.removeprefix(TAKEN)
    return DOCS / address


def written() -> list[Path]:
    """The pages in `docs/` that people write for the site."""
    found = sorted(DOCS.rglob("*.md"))
    return [path for path in found if path.name != "README.md" and path.parent != MADE]
