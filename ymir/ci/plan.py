"""A plan as a file tells of it: what `ymir plan` wrote, or what a stranger made look like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ymir.errors import SpecError

_LARGEST = 20_000_000  # bytes
_CATEGORIES = ("pointer", "forward", "re-judge", "retrain")
Category = Literal["pointer", "forward", "re-judge", "retrain"]


def _known(value: object) -> object:
    """A category of a newer ymir is none that this one can name."""
    return value if value in _CATEGORIES else None


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Cost(_Read):
    """What steps will take; None where nobody knows."""

    gpu_hours: tuple[float, float] | None = None
    labels: int | None = None
    images: int | None = None
    says: str = ""


class Input(_Read):
    """What differs."""

    name: str = ""
    before: str | None = None
    after: str | None = None


class Reason(_Read):
    """Why a step is there."""

    code: str = ""
    inputs: tuple[Input, ...] = ()


class Step(_Read):
    """One stage, and what would be done about it."""

    action: str = ""
    stage: str = ""
    kind: str = ""
    why: str = ""
    after: tuple[str, ...] = ()
    reason: Reason = Reason()
    category: Annotated[Category | None, BeforeValidator(_known)] = None
    is_destructive: bool = False
    cost: Cost = Cost()


class Edit(_Read):
    """A change of the specs, and what follows from it."""

    project: str = ""
    category: Annotated[Category | None, BeforeValidator(_known)] = None
    what: str = ""
    effect: str = ""


class Told(_Read):
    """A project's state."""

    project: str = ""
    says: str | None = None
    then: str | None = None


class Shown(_Read):
    """The plan."""

    steps: tuple[Step, ...] = ()
    edits: tuple[Edit, ...] = ()
    projects: tuple[Told, ...] = ()
    settled: bool
    cost: Cost = Cost()
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Saved(_Read):
    """A plan with what it was made of."""

    plan: Shown
    digest: str = ""
    commit: str | None = None


def read(file: Path) -> Saved:
    """What the file says, whether it is `ymir plan -o FILE` or `ymir plan --json`."""
    try:
        if file.stat().st_size > _LARGEST:
            raise SpecError(
                f"`{file}` is larger than {_LARGEST:,} bytes: it is no plan",
                hint="`ymir plan -o FILE` writes one",
            )
        found = json.loads(file.read_bytes())
        is_saved = isinstance(found, dict) and "plan" in found
        return Saved.model_validate(found if is_saved else {"plan": found})
    except OSError as error:
        raise SpecError(
            f"`{file}` cannot be read: {error.strerror}", hint="`ymir plan -o plan.json` writes one"
        ) from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise SpecError(
            f"`{file}` is no plan: {_why(error)}", hint="`ymir plan -o plan.json` writes one"
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "it is not JSON" if isinstance(error, ValueError) else "it is nested too deep"
