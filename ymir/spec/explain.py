"""What a kind of spec or one of its fields is, in words for a terminal."""

import json
import re

from ymir.errors import SpecError
from ymir.spec.mistakes import nearest, quoted
from ymir.spec.schema import kind_called, schema
from ymir.spec.shape import Shape

_INDENT = "    "


def explain(path: str) -> str:
    """Explain `Kind`, `Kind.field` or `Kind.field.field`; list indexes may be left out."""
    name, *parts = re.sub(r"\[\d*\]", "", path).split(".")
    kind = kind_called(name)
    shape, walked, is_required = Shape.of(schema(kind)), kind, True
    for part in parts:
        known = parts_of(shape)
        if part not in known:
            raise _unknown(walked, part, known)
        is_required = part in holder_of(shape).required
        shape, walked = known[part], f"{walked}.{part}"
    facts = facts_of(shape, is_required=is_required) if parts else "a kind of spec"
    lines = [f"{walked} — {facts}", "", f"{_INDENT}{shape.description}"]
    return "\n".join([*lines, *_below(shape)])


def _below(shape: Shape) -> list[str]:
    holder, parts = holder_of(shape), parts_of(shape)
    if not parts:
        return []
    lines = ["", "one of:" if holder.options else "fields:"]
    for name, each in parts.items():
        facts = facts_of(each, is_required=name in holder.required)
        lines += [f"{_INDENT}{name}" if holder.options else f"{_INDENT}{name} — {facts}"]
        lines += [f"{_INDENT * 2}{each.description}"]
    return lines


def facts_of(shape: Shape, *, is_required: bool) -> str:
    """What it may be, and what it is when it is left out."""
    default = shape.here.get("default")
    has_default = default is not None and not isinstance(default, dict | list)
    shown = default if isinstance(default, str) and default else json.dumps(default)
    ending = "required" if is_required else f"default `{shown}`" if has_default else "optional"
    return f"{_type(shape)}; {ending}"


def _type(shape: Shape) -> str:
    items, values = shape.items, shape.values
    if len(shape.members) > 1 and not shape.options:
        return " or ".join(dict.fromkeys(_type(member) for member in shape.members))
    if items:
        return f"a list; each is {_type(items)}"
    if values and not shape.fields:
        return f"a mapping; each value is {_type(values)}"
    return shape.words


def holder_of(shape: Shape) -> Shape:
    """The shape whose parts can be named: what a list holds, instead of the list."""
    return shape.items or shape


def parts_of(shape: Shape) -> dict[str, Shape]:
    """Its fields, or its operations, by name."""
    holder = holder_of(shape)
    return holder.options or holder.fields


def _unknown(walked: str, part: str, known: dict[str, Shape]) -> SpecError:
    near = nearest(part, known)
    if near:
        hint = f"did you mean `{walked}.{near}`?"
    else:
        hint = f"it has {quoted(known)}" if known else "it has no fields"
    return SpecError(f"`{walked}` has no field `{part}`", hint=hint)
