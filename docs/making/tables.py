"""Markdown of what the code says of itself."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is in a cell may be long, and stays in its cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def code(text: str) -> str:
    """A word of a program, within a text."""
    return f"`{text}`" if text else ""


def fenced(text: str, language: str = "", title: str = "") -> str:
    """A block of code."""
    told = f' title="{title}"' if title else ""
    return f"```{language}{told}\n{text.rstrip()}\n```\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
