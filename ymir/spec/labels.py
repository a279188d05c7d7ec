"""The vocabulary of classes."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ymir.spec.base import ApiVersion, Spec
from ymir.spec.complaints import Complaint, refuse
from ymir.spec.scope import checked, class_name

ClassName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        min_length=1,
        max_length=128,
        pattern=r"^[^\u0000-\u001f\u007f]*$",
    ),
    Field(
        description="The name of a class; case does not matter.",
        json_schema_extra={"patternErrorMessage": "a text in one line"},
    ),
]
KnownClass = Annotated[ClassName, checked(class_name)]


class ClassSpec(Spec):
    """One class: the name everything uses, and the names that are read as it."""

    name: ClassName = Field(description="The name that everything uses.")
    aliases: tuple[ClassName, ...] = Field(
        default=(), description="Other names of the class in imported data; case does not matter."
    )


def _from_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


NamedClass = Annotated[
    ClassSpec, BeforeValidator(_from_name, json_schema_input_type=ClassName | ClassSpec)
]


class LabelsSpec(Spec):
    """One vocabulary for the whole workspace: exactly one document of this kind."""

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Labels"] = Field(description="What this document describes.")
    classes: tuple[NamedClass, ...] = Field(
        min_length=1, description="Class names, or `{name, aliases}`. Order is kept; append only."
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        refuse(self._repeated())
        return self

    def _repeated(self) -> list[Complaint]:
        owners: dict[str, str] = {}
        found: list[Complaint] = []
        for i, each in enumerate(self.classes):
            paths = [
                ("classes", i, "name"),
                *(("classes", i, "aliases", j) for j in range(len(each.aliases))),
            ]
            for path, name in zip(paths, (each.name, *each.aliases), strict=True):
                if name in owners:
                    why = f"`{name}` already names the class `{owners[name]}`"
                    found.append(Complaint(path, why))
                owners.setdefault(name, each.name)
        return found

    def primary_names(self) -> dict[str, str]:
        """Every name and alias, lower-case -> the name of its class."""
        return {name: each.name for each in self.classes for name in (each.name, *each.aliases)}
