"""Words for people: the only module that prints."""

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

from ymir.dvc.refusals import hint_of
from ymir.errors import ConsentError, StoreError, YmirError
from ymir.vault import masked, masked_data

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_DEAF = (errno.EPIPE, errno.EIO)  # a pipe that was closed, a terminal that is gone
_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)
_ORDERS = re.compile(r"(?m)^\s*:(?=:)|##(?=\[)")  # GitHub obeys lines of output


def shown(text: str) -> str:
    """A text without secrets, and without what would steer a terminal or a job of CI."""
    plain = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", masked(text))
    return _ORDERS.sub(r"\g<0>\\", plain) if _is_on_github() else plain


@contextmanager
def told_to(listener: Callable[[str], None]) -> Iterator[None]:
    """While inside, nothing is printed: what would be goes to `listener`, without its last end."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def _is_on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def out(text: str) -> None:
    """Say something on standard output."""
    _say(shown(text))


def invite(text: str, address: str) -> None:
    """Say where something is shown; the token in our own address is meant for who reads this."""
    _say(f"{shown(text)} {address}")


def line(text: str) -> None:
    """Show this in place of a terminal's last line; empty before anything else is said."""
    _say(f"\r\x1b[K{shown(text)}", end="")


def ask(question: str, option: str) -> bool:
    """Whether a person says yes; where nobody is to be asked, `option` is what says it."""
    _say(f"{shown(question)} [y/N]: ", sys.stderr, end="")
    answer = sys.stdin.readline()
    if not answer:
        error("")
        raise ConsentError("nobody is here to be asked", hint=f"`{option}` says yes beforehand")
    return answer.strip().lower() in ("y", "yes")


def is_drawable() -> bool:
    """Whether standard output is a terminal on which something can be drawn over."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def error(text: str) -> None:
    """Say something on standard error."""
    _say(shown(text), sys.stderr)


def data(value: object) -> None:
    """Print a value as JSON, for programs."""
    is_plain = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    text = json.dumps(masked_data(value), indent=2, ensure_ascii=is_plain)
    _say(text.replace("##[", r"##\u005b") if _is_on_github() else text)


def instruct(command: str) -> None:
    """Tell GitHub, which reads what a job prints, what to show beside a file."""
    _say(masked(command), sys.stderr)


def show_error(problem: YmirError, *, as_json: bool = False) -> None:
    """Say what is wrong and what to do about it, to people and, if need be, to a program."""
    error(f"error: {problem}")
    if problem.hint:
        error(f" hint: {problem.hint}")
    if sys.stderr.isatty():
        error(f" more: `ymir explain {problem.kind}`")
    if as_json:
        data({"error": str(problem), "hint": problem.hint, **problem.data})


def _say(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print; where nobody listens any more, the work goes on in silence."""
    if tell := _listener.get():
        tell(text)
        return
    output = stream or sys.stdout
    try:
        print(text, end=end, file=output, flush=True)
    except OSError as problem:
        if problem.errno in _DEAF:
            _silence(output)
            return
        name = "standard error" if stream else "standard output"
        _silence(output)
        raise StoreError(
            f"{name} cannot be written to: {problem.strerror}", hint=hint_of(problem)
        ) from problem


def _silence(stream: TextIO) -> None:
    """What is said from now on is lost: also what Python still has to say at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
