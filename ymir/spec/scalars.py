"""What an unquoted word in YAML means: YAML 1.2, minus what older readers take otherwise."""

import math
import re
from dataclasses import dataclass

import yaml

Scalar = str | int | float | bool | None

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_OLD_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_OTHER_BASE = re.compile(r"[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+)(\.[0-9_]*)?", re.ASCII)
_GROUPED = re.compile(r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER = 40
_PLAIN = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)


@dataclass(frozen=True)
class Unclear:
    """A word that readers of YAML disagree on, and how to write it instead."""

    why: str


def scalar(text: str) -> Scalar | Unclear:
    """The value of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text.lower() in _OLD_TRUTHS:
        truth = _OLD_TRUTHS[text.lower()]
        return Unclear(
            f"`{text}` is read as {truth} by some programs and as a word by others: "
            f'write `{truth}`, or `"{text}"` for the word'
        )
    return _number(text)


def _number(text: str) -> Scalar | Unclear:
    if _OTHER_BASE.fullmatch(text) or _GROUPED.fullmatch(text):
        return Unclear(
            f"`{_short(text)}` is a different number in different programs: "
            "write it with plain digits, or in quotes for a text"
        )
    is_number = _DECIMAL.fullmatch(text)
    if _NOT_FINITE.fullmatch(text) or (is_number and not _is_usual(text)):
        return Unclear(f"`{_short(text)}` is not a number that a spec can hold")
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if is_number else text


def _is_usual(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and math.isfinite(float(text))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}…"


def as_written(text: str) -> str:
    """A text as it stands in YAML: in quotes unless nobody can misread it."""
    if _PLAIN.fullmatch(text) and scalar(text) == text:
        return text
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return str(quoted).strip()
