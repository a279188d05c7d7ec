"""How a version was made, and what that changed since the version before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from ymir.plan.snapshot import Recipe

_SHORT = 12  # hex digits of a digest that people read
_NOTHING: tuple[JsonValue, ...] = (None, [], {}, "")


def recipe_lines(recipe: Recipe) -> Iterator[str]:
    """The settings and inputs of a recipe, one in a line."""
    for path, value in _leaves(recipe.settings):
        yield f"{path}: {_said(value)}"
    for name, digest in recipe.inputs.items():
        yield f"input {name}: {digest[:_SHORT]}"


def recipe_change(old: Recipe | None, new: Recipe) -> list[str]:
    """Why a version was made: what its recipe has that the one before had not."""
    if old is None:
        return ["the first version"]
    lines = [
        f"{path}: {_said(was.get(path))} -> {_said(now.get(path))}"
        for was, now in [(dict(_leaves(old.settings)), dict(_leaves(new.settings)))]
        for path in {**was, **now}
        if was.get(path) != now.get(path)
    ]
    names = {**old.inputs, **new.inputs}
    lines += [
        _input(name, old, new) for name in names if old.inputs.get(name) != new.inputs.get(name)
    ]
    return lines or ["made anew from an equal recipe"]


def _input(name: str, old: Recipe, new: Recipe) -> str:
    what = "the source's files" if name == "source" else f"`{name}`"
    if name not in old.inputs:
        return f"{what} came in"
    return f"{what} changed" if name in new.inputs else f"{what} left"


def _leaves(
    settings: JsonValue | Mapping[str, JsonValue], path: str = ""
) -> Iterator[tuple[str, JsonValue]]:
    """`from.format` -> `voc`; lists are leaves, and what is empty is left out."""
    if isinstance(settings, Mapping) and path.count(".") < 1 and path != "labels":
        for name, value in settings.items():
            yield from _leaves(value, f"{path}.{name}" if path else name)
    elif settings not in _NOTHING:
        yield path, settings  # type: ignore[misc]  # a mapping here is JSON, too


def _said(value: JsonValue) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
