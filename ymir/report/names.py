"""What rounds and the files of their pages are called."""

from __future__ import annotations

INDEX = "index.html"


def page_of(number: int) -> str:
    """The file name of a round's page."""
    return f"r{number}.html"


def round_name(number: int) -> str:
    """What a round is called in a sentence."""
    return f"round {number}"
