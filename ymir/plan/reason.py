"""Why a step is what it is: a stable code for programs, and the inputs that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from ymir.plan.relabel import is_answer
from ymir.plan.snapshot import Recipe, Version
from ymir.spec.pins import dataset_of

Code = Literal[
    "current",
    "new",
    "corrected",
    "source-changed",
    "executor-changed",
    "input-changed",
    "evaluator-changed",
    "settings-changed",
    "answers",
    "due",
    "closed",
    "waits-for-people",
    "waits-for-inputs",
    "obstacle",
    "gate",
    "failed",
    "suspended",
    "unasked",
]
MEANINGS: Mapping[Code, str] = {
    "current": "it is as the specs want it",
    "new": "it does not exist yet",
    "corrected": "people corrected images of this dataset",
    "source-changed": "the files that it is imported from are others",
    "executor-changed": "the program that makes it is another",
    "input-changed": "what it is made from has another content",
    "evaluator-changed": "rounds are scored by another evaluator",
    "settings-changed": "the specs ask for it in another way",
    "answers": "answers that changed were asked for again",
    "due": "the deadline of its batch has passed",
    "closed": "its batch was closed: what is done is taken",
    "waits-for-people": "people have its batch",
    "waits-for-inputs": "it is decided once its inputs have been made",
    "obstacle": "it cannot be made until a person acts",
    "gate": "a gate of the project stops here",
    "failed": "it failed, and nothing has changed since",
    "suspended": "a spec says `suspend: true`",
    "unasked": "no spec asks for it",
}
SETTINGS = "settings."  # before the name of a setting among the differences

_EVALUATOR = f"{SETTINGS}evaluator"


@dataclass(frozen=True)
class Difference:
    """One input or setting that is another now; None: it was not there, or is not any more."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Reason:
    """The code, and what differs from the recipe of the newest version."""

    code: Code
    differences: tuple[Difference, ...] = ()


def reason_of(recipe: Recipe, version: Version | None) -> tuple[Reason, str] | None:
    """Why a stage must be made, also in words; None where its newest version is as it should be."""
    if version is None:
        return Reason("new"), "does not exist yet"
    if recipe == version.recipe:
        return None
    inputs = tuple(_inputs(version.recipe, recipe))
    settings = tuple(_settings(version.recipe, recipe))
    if inputs:
        names = [each.name for each in inputs]
        code = _code(recipe, names)
        said = "people corrected it" if code == "corrected" else "changed"
        return Reason(code, inputs + settings), f"{said}: {', '.join(names)}"
    if recipe.settings == version.recipe.settings:
        return None
    is_evaluator = [each.name for each in settings] == [_EVALUATOR]
    code = "evaluator-changed" if is_evaluator else "settings-changed"
    return Reason(code, settings), "settings changed"


def differences(before: Recipe, now: Recipe) -> tuple[Difference, ...]:
    """Every input and setting that is another one."""
    return (*_inputs(before, now), *_settings(before, now))


def settings_of(settings: Mapping[str, JsonValue]) -> dict[str, str]:
    """`with.epochs` -> `50`, for each setting; a list is one value."""
    return dict(_leaves(settings))


def _code(recipe: Recipe, changed: list[str]) -> Code:
    if recipe.kind == "dataset" and all(map(is_answer, changed)):
        return "corrected"
    own: Mapping[str, Code] = {"source": "source-changed", "executor": "executor-changed"}
    return next((code for name, code in own.items() if name in changed), "input-changed")


def _inputs(before: Recipe, now: Recipe) -> Iterator[Difference]:
    """The inputs of another content, by name; that a dataset was pinned does not matter here."""
    was, is_now = _contents(before), _contents(now)
    for name in sorted(was.keys() | is_now.keys()):
        if was.get(name) != is_now.get(name):
            yield Difference(name, _joined(was.get(name)), _joined(is_now.get(name)))


def _contents(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The digests of each input; two versions of one dataset may both be among them."""
    found: dict[str, set[str]] = {}
    for name, digest in recipe.inputs.items():
        found.setdefault(dataset_of(name), set()).add(digest)
    return {name: tuple(sorted(digests)) for name, digests in found.items()}


def _joined(digests: tuple[str, ...] | None) -> str | None:
    return None if digests is None else ", ".join(digests)


def _settings(before: Recipe, now: Recipe) -> Iterator[Difference]:
    was, is_now = settings_of(before.settings), settings_of(now.settings)
    for path in {**was, **is_now}:
        if was.get(path) != is_now.get(path):
            yield Difference(f"{SETTINGS}{path}", was.get(path), is_now.get(path))


def _leaves(settings: Mapping[str, JsonValue], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{path}{name}.")
        elif isinstance(value, str):
            yield f"{path}{name}", value
        else:
            yield f"{path}{name}", json.dumps(value, ensure_ascii=False, sort_keys=True)
