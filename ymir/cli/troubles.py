"""What each kind of error means, as the page on errors has it."""

import re
from collections.abc import Iterator

from ymir.resources import resource


def titles() -> Iterator[str]:
    """The errors, as they are called in Python."""
    yield from (title.title().replace(" ", "") for title, _ in _sections())


def meaning(name: str) -> str | None:
    """The section on an error, named as in Python (`SpecError`) or in JSON (`spec-error`)."""
    wanted = _plain(name)
    return next((text.strip() for title, text in _sections() if _plain(title) == wanted), None)


def _sections() -> Iterator[tuple[str, str]]:
    page = (resource("docs/reference") / "errors.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        yield title, text


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
