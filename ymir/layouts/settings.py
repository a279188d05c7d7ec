"""A YAML file that came from outside: small, plain, and without aliases, which could be a bomb."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ymir.documents import yaml_of
from ymir.errors import DataError

_LARGEST = 1 << 20  # bytes


def read_settings(file: Path) -> Mapping[str, Any]:
    """The keys and values of a file."""
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"`{file}` is larger than {_LARGEST >> 20} MB")
        settings = yaml_of(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"`{file}` cannot be read: {reason}") from error
    if not isinstance(settings, dict):
        raise DataError(f"`{file}` has no keys and values", hint="it begins with e.g. `names:`")
    return {str(key): value for key, value in settings.items()}
