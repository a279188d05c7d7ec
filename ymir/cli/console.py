"""Words for people: the only module that prints."""

import json
import os
import re
import sys

from ymir.errors import YmirError
from ymir.vault import masked

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ORDERS = re.compile(r"(?m)^\s*:(?=:)|##(?=\[)")  # GitHub obeys lines of output


def shown(text: str) -> str:
    """A text without secrets, and without what would steer a terminal or a job of CI."""
    plain = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", masked(text))
    return _ORDERS.sub(r"\g<0>\\", plain) if _is_on_github() else plain


def _is_on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def out(text: str) -> None:
    """Say something on standard output."""
    print(shown(text), flush=True)


def line(text: str) -> None:
    """Show this in place of a terminal's last line; empty before anything else is said."""
    print(f"\r\x1b[K{shown(text)}", end="", flush=True)


def error(text: str) -> None:
    """Say something on standard error."""
    print(shown(text), file=sys.stderr, flush=True)


def data(value: object) -> None:
    """Print a value as JSON, for programs."""
    text = masked(json.dumps(value, indent=2, ensure_ascii=False))
    print(text.replace("##[", r"##\u005b") if _is_on_github() else text, flush=True)


def instruct(command: str) -> None:
    """Tell GitHub, which reads what a job prints, what to show beside a file."""
    print(masked(command), file=sys.stderr, flush=True)


def show_error(problem: YmirError, *, as_json: bool = False) -> None:
    """Say what is wrong and what to do about it, to people and, if need be, to a program."""
    error(f"error: {problem}")
    if problem.hint:
        error(f" hint: {problem.hint}")
    if as_json:
        data({"error": str(problem), "hint": problem.hint, "exit": int(problem.exit_code)})
