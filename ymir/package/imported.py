"""A package that was taken into a workspace: the tar.gz as it came, and what was understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import JsonValue

from ymir.errors import DataError
from ymir.package.contents import Package

PACKAGE = "package.tar.gz"


def chosen(package: Package, stage: str | None) -> Package:
    """The package with this stage as the one that counts."""
    if stage is None or stage in package.stages:
        return replace(package, best_stage=stage or package.best_stage)
    raise DataError(
        f"`{package.path.name}` has no stage `{stage}`",
        hint=f"the stages are {', '.join(f'`{each}`' for each in package.stages)}",
    )


def check_classes(
    found: Sequence[str], names: Mapping[str, str], unknown: Literal["stop", "keep"]
) -> None:
    """Refuse classes that `Labels` does not name, and two that it calls the same."""
    seen: dict[str, str] = {}
    for each in found:
        name = names.get(each.strip().lower())
        if name is None and unknown == "stop":
            raise DataError(
                f"the model detects `{each}`, which `Labels` does not name",
                hint="add it there as a class or an alias, or set `unknown_classes: keep`",
            )
        known = name or each.strip().lower()
        if known in seen:
            raise DataError(
                f"the model detects `{seen[known]}` and `{each}`, which are one class in `Labels`",
                hint=f"take an alias away from the class `{known}`",
            )
        seen[known] = each


def described(package: Package) -> dict[str, JsonValue]:
    """What a record says of a model."""
    return {
        "class_names": list(package.class_names),
        "stage": package.best_stage,
        "stages": [*package.stages],
        "files": [*sorted(package.best.members)],
        "map": package.best.map,
        "executor": package.executor,
        "package_version": package.version or "1.1.0",
        "bytes": package.path.stat().st_size,
    }
