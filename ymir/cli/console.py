"""Words for people: the only module that prints."""

import json
import re
import sys

from ymir.errors import YmirError
from ymir.vault import masked

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(text: str) -> str:
    """A text without secrets, and without what would steer a terminal in anybody's names."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", masked(text))


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
    print(masked(json.dumps(value, indent=2, ensure_ascii=False)), flush=True)


def show_error(problem: YmirError, *, as_json: bool = False) -> None:
    """Say what is wrong and what to do about it, to people and, if need be, to a program."""
    error(f"error: {problem}")
    if problem.hint:
        error(f" hint: {problem.hint}")
    if as_json:
        data({"error": str(problem), "hint": problem.hint, "exit": int(problem.exit_code)})
