"""The names of classes: `.mir/labels.yaml`, by the number that boxes carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from ymir.documents import yaml_of
from ymir.errors import DataError
from ymir.spec.labels import ClassSpec, LabelsSpec

PLACE = ".mir/labels.yaml"
_LARGEST = 16 << 20  # bytes
_LONGEST = 128  # letters of a name
_NONE = "object"  # a vocabulary cannot be empty


class _Label(BaseModel):
    """One class; times are not read."""

    name: str
    id: int = -1
    aliases: list[str] | None = None


class _File(BaseModel):
    """The file; its version is not read."""

    labels: list[_Label] = Field(default=[])


@dataclass(frozen=True)
class Classes:
    """The classes of a repository by number; empty where it has no such file."""

    by_number: Mapping[int, ClassSpec]

    def name(self, number: int, written: str) -> str | None:
        """The name of a class; `written` is what a box says itself, for want of a better one."""
        if known := self.by_number.get(number):
            return known.name
        name = written.strip().lower()
        return name if name.isprintable() and 0 < len(name) <= _LONGEST else None

    def spec(self, names: Iterable[str]) -> LabelsSpec:
        """A vocabulary with all classes, and with `names` that only boxes know."""
        listed = [self.by_number[number] for number in sorted(self.by_number)]
        known = {name for each in listed for name in (each.name, *each.aliases)}
        new = [ClassSpec(name=name) for name in sorted(set(names) - known)]
        classes = (*listed, *new) or (ClassSpec(name=_NONE),)
        return LabelsSpec(apiVersion="ymir/v1", kind="Labels", classes=classes)


def read_classes(file: Path) -> Classes:
    """The classes of a `labels.yaml`."""
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"`{file}` is larger than {_LARGEST >> 20} MB")
        found = yaml_of(file.read_bytes(), aliases=True) or {}
        labels = _File.model_validate(found).labels
        by_number = {
            at if each.id < 0 else each.id: ClassSpec(name=each.name, aliases=each.aliases or ())
            for at, each in enumerate(labels)
        }
        if len(by_number) < len(labels):
            raise DataError(f"`{file}` is broken: an id is used twice")
        if labels:
            Classes(by_number).spec(())  # no name may stand for two classes
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"`{file}` is broken: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"`{file}` cannot be read: {said}") from error
    return Classes(by_number)
