"""Words for people: the only module that prints."""

import json
import sys

from ymir.errors import YmirError


def out(text: str) -> None:
    """Say something on standard output."""
    print(text, flush=True)


def error(text: str) -> None:
    """Say something on standard error."""
    print(text, file=sys.stderr, flush=True)


def data(value: object) -> None:
    """Print a value as JSON, for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)


def show_error(problem: YmirError, *, as_json: bool = False) -> None:
    """Say what is wrong and what to do about it, to people and, if need be, to a program."""
    error(f"error: {problem}")
    if problem.hint:
        error(f" hint: {problem.hint}")
    if as_json:
        data({"error": str(problem), "hint": problem.hint, "exit": int(problem.exit_code)})
