"""What pydantic finds wrong, in words for the person who wrote the file."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from ymir.spec.mistakes import did_you_mean, one_of, quoted, suggestion
from ymir.spec.scalars import scalar
from ymir.spec.shape import Shape
from ymir.spec.tree import KEY, TAG, Path

_OURS = "ymir"
_LONGEST_SHOWN = 60
_MOST = 100  # of one document: nobody reads more
_SIMPLE = {
    "missing": "is missing",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} letters",
}


@dataclass(frozen=True)
class Complaint:
    """What is wrong at a path; `at_key` when the key is to blame, not its value."""

    path: Path
    why: str
    at_key: bool = False


def refuse(found: Iterable[Complaint]) -> None:
    """Hand what a check found to pydantic, which collects it; to be called in validators."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError(_OURS, "{why}", {"why": each.why, "at_key": each.at_key}),
            loc=tuple(each.path),
            input=None,
        )
        for each in found
    ]
    if details:
        raise ValidationError.from_exception_data("spec", details)


def complaints(error: ValidationError, shape: Shape) -> list[Complaint]:
    """Everything that `error` holds; `shape` is the schema of what was validated."""
    items = error.errors(include_url=False)
    first = items[:_MOST]
    found = [_complaint(item, shape) for item in first if not _is_echo(item, first)]
    rest = len(items) - len(first)
    return [*found, Complaint((), f"{rest} more mistakes")] if rest else found


def _is_echo(item: ErrorDetails, items: Iterable[ErrorDetails]) -> bool:
    """Whether a list is too short only because pydantic does not count items that are wrong."""
    path = item["loc"]
    return item["type"] == "too_short" and any(
        each["loc"][: len(path)] == path and each is not item for each in items
    )


def _complaint(item: ErrorDetails, root: Shape) -> Complaint:
    path, value = item["loc"], item["input"]
    match item["type"]:
        case "ymir":
            # pydantic calls a field that was left out by its name in Python
            path = tuple("with" if part == "with_" else part for part in path)
            return Complaint(path, item["msg"], item["ctx"]["at_key"])
        case "value_error":
            return Complaint(path, str(item["ctx"]["error"]))
        case "extra_forbidden":
            known = _shape_at(root, path[:-1]).fields
            near = suggestion(str(path[-1]), known) if known else ": leave it out"
            return Complaint(path, f"is not known here{near}", at_key=True)
        case "union_tag_not_found":
            choices = quoted(_shape_at(root, path).options, "or")
            return Complaint((*path, TAG), f"is missing: one of {choices}")
        case "union_tag_invalid":
            options = tuple(_shape_at(root, path).options)
            return Complaint((*path, TAG), not_among(item["ctx"]["tag"], options))
        case simple if simple in _SIMPLE:
            return Complaint(path, _SIMPLE[simple].format(**item.get("ctx", {})))
        case _:
            return Complaint(path, _unfit(value, _shape_at(root, path)))


def not_among(value: JsonValue, choices: Collection[str]) -> str:
    """That `value` is none of the words that are allowed."""
    near = did_you_mean(str(value), choices) if len(choices) > 1 else ""
    return f"must be {one_of(choices)}, not {shown(value)}{near}"


def _unfit(value: JsonValue, shape: Shape) -> str:
    if choices := shape.choices:
        return not_among(value, choices)
    return f"must be {shape.words}, not {shown(value)}{_repaired(value, shape)}"


def _repaired(value: JsonValue, shape: Shape) -> str:
    """How a value for a text could be written so that it fits."""
    if shape.here.get("type") != "string" or isinstance(value, dict | list | None):
        return ""
    pattern = re.compile(shape.here.get("pattern", ""))
    if not isinstance(value, str):
        return " (write it in quotes)" if pattern.search(shown(value)[1:-1]) else ""
    candidate = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")
    is_fit = candidate not in ("", value) and pattern.search(candidate)
    return f" (did you mean `{candidate}`?)" if is_fit else ""


def shown(value: JsonValue) -> str:
    """A value as it may stand in a sentence."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case "":
            return "an empty text"
        case str():
            is_clear = isinstance(scalar(value), str)
            return _in_backticks(value) if is_clear else f"the text {_in_backticks(value)}"
        case _:
            return _in_backticks(json.dumps(value))


def _in_backticks(text: str) -> str:
    return f"`{text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '…'}`"


def _shape_at(root: Shape, path: Path) -> Shape:
    shape = root
    for part in path:
        shape = shape.child(part) or shape if part != KEY else shape
    return shape
