"""The vocabulary of a workspace: its classes, and the other names they go by."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ymir.spec.base import Spec

ClassName = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=128)
]


class ClassSpec(Spec):
    """One class: the name everything uses, and the names that are read as it."""

    name: ClassName
    aliases: tuple[ClassName, ...] = Field(
        default=(), description="Other names of the class in imported data; case does not matter."
    )


def _from_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class LabelsSpec(Spec):
    """`Labels`: one vocabulary for the whole workspace."""

    apiVersion: Literal["ymir/v1"]  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Labels"]
    classes: tuple[Annotated[ClassSpec, BeforeValidator(_from_name)], ...] = Field(
        min_length=1, description="Class names, or `{name, aliases}`. Order is kept; append only."
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [name for each in self.classes for name in (each.name, *each.aliases)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice, as class or alias: {', '.join(twice)}")
        return self

    def primary_names(self) -> dict[str, str]:
        """Every name and alias, lower-case -> the name of its class."""
        return {name: each.name for each in self.classes for name in (each.name, *each.aliases)}
