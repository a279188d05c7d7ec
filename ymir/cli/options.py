"""Options that belong together, as one value: a command takes a dataclass, users see its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Make an option of each field of the dataclasses among a command's parameters.

    Such a field is annotated as an option of typer and has a default; no two have the same name.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hints[name] for name in hints if is_dataclass(hints[name])}
    shown = [
        each
        for name, parameter in inspect.signature(command).parameters.items()
        for each in (
            _options(groups[name])
            if name in groups
            else [parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])]
        )
    ]

    @wraps(command)
    def called(**given: Any) -> None:  # noqa: ANN401 - whatever typer has read
        values = {name: _taken(group, given) for name, group in groups.items()}
        command(**given, **values)

    called.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # inspect reads it
    called.__annotations__ = {each.name: each.annotation for each in shown}
    del called.__wrapped__
    return called


def _options(group: type) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            each.name, Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )
        for each in fields(group)
    ]


def _taken(group: type, given: dict[str, Any]) -> object:
    """The group's value, taken out of what was given."""
    own: Mapping[str, Any] = {e.name: given.pop(e.name, e.default) for e in fields(group)}
    return group(**own)
