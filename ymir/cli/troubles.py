"""What each kind of error means, as the page on errors has it."""

import re

from ymir.resources import resource


def meaning(name: str) -> str | None:
    """The section on an error, named as in Python (`SpecError`) or in JSON (`spec-error`)."""
    page = (resource("docs/reference") / "errors.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if _plain(title) == _plain(name):
            return text.strip()
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
