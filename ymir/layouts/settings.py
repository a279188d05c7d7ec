"""A YAML file that came from outside: small, plain, and without aliases, which could be a bomb."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from ymir.errors import DataError

_LARGEST = 1 << 20  # bytes
_DEEPEST = 20  # lists in lists


def read_settings(file: Path) -> Mapping[str, Any]:
    """The keys and values of a file."""
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"`{file}` is larger than {_LARGEST >> 20} MB")
        text = file.read_text(encoding="utf-8-sig")
        _check(text, file)
        settings = yaml.load(text, Loader=yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"`{file}` cannot be read: {reason}") from error
    if not isinstance(settings, dict):
        raise DataError(f"`{file}` has no keys and values", hint="it begins with e.g. `names:`")
    return {str(key): value for key, value in settings.items()}


def _check(text: str, file: Path) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, events.AliasEvent):
            hint = "write the value out: an alias of aliases can be a billion values"
            raise DataError(f"`{file}`: the alias `*{event.anchor}` is not read", hint=hint)
        depth += isinstance(event, events.CollectionStartEvent)
        depth -= isinstance(event, events.CollectionEndEvent)
        if depth > _DEEPEST:
            raise DataError(f"`{file}` has more than {_DEEPEST} lists in each other")
