"""A JSON Schema to walk in: what a field may hold, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ymir.spec.mistakes import one_of

JsonSchema = dict[str, Any]
_LIMITS = {
    "exclusiveMinimum": "above",
    "minimum": "not below",
    "exclusiveMaximum": "below",
    "maximum": "not above",
}


@dataclass(frozen=True)
class Shape:
    """One spot of a schema; `here` is what stands there, references followed."""

    root: JsonSchema
    here: JsonSchema

    @classmethod
    def of(cls, schema: JsonSchema) -> Shape:
        """The whole of `schema`."""
        return cls(schema, schema)

    @property
    def members(self) -> tuple[Shape, ...]:
        """The forms that a value may have; just this one where there is no choice."""
        union = self.here.get("anyOf") or self.here.get("oneOf")
        if not union:
            return (self,)
        shapes = [self._at(each) for each in union]
        given = (shape for shape in shapes if shape.here.get("type") != "null")
        return tuple(member for shape in given for member in shape.members)

    @property
    def description(self) -> str:
        """What the schema says of it."""
        return str(self.here.get("description") or self.members[0].here.get("description", ""))

    @property
    def fields(self) -> dict[str, Shape]:
        """The named fields of a mapping, whichever form it has."""
        return {
            name: self._at(each)
            for member in self.members
            for name, each in member.here.get("properties", {}).items()
        }

    @property
    def required(self) -> frozenset[str]:
        """The fields that may not be left out."""
        return frozenset(name for m in self.members for name in m.here.get("required", ()))

    @property
    def options(self) -> dict[str, Shape]:
        """The members of a tagged union, by their tag."""
        by_tag: Mapping[str, str] = self.here.get("discriminator", {}).get("mapping", {})
        return {tag: self._at({"$ref": target}) for tag, target in by_tag.items()}

    @property
    def items(self) -> Shape | None:
        """What a list holds."""
        held = (member.here["items"] for member in self.members if "items" in member.here)
        return next(map(self._at, held), None)

    @property
    def values(self) -> Shape | None:
        """What a mapping with free keys holds."""
        heres = [member.here for member in self.members]
        free = [each for here in heres for each in here.get("patternProperties", {}).values()]
        free += [here.get("additionalProperties") for here in heres]
        return next((self._at(each) for each in free if isinstance(each, dict)), None)

    def child(self, part: str | int) -> Shape | None:
        """One step down: an index, a field, a tag, or any key of a free mapping."""
        if isinstance(part, int):
            return self.items
        return self.fields.get(part) or self.options.get(part) or self.values

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that a closed choice allows; empty where any other value fits, too."""
        if len(self.members) > 1:
            return ()
        here = self.members[0].here
        return tuple(map(str, here.get("enum", [here["const"]] if "const" in here else ())))

    @property
    def words(self) -> str:
        """What may stand here, to follow `must be`."""
        if self.choices:
            return one_of(self.choices)
        return " or ".join(dict.fromkeys(_words(member.here) for member in self.members))

    def _at(self, schema: JsonSchema) -> Shape:
        here = schema
        while "$ref" in here:
            target = self.root["$defs"][here["$ref"].rpartition("/")[2]]
            here = {**target, **{key: value for key, value in here.items() if key != "$ref"}}
        return Shape(self.root, here)


def _words(here: JsonSchema) -> str:
    match here.get("type"):
        case "string":
            return str(here.get("patternErrorMessage", "a text"))
        case "integer":
            return f"a whole number{_limits(here)}"
        case "number":
            return f"a number{_limits(here)}"
        case "boolean":
            return "`true` or `false`"
        case "array":
            return "a list"
        case "object":
            return "a mapping of fields"
        case _:
            return "anything"


def _limits(here: JsonSchema) -> str:
    limits = [f" {word} {here[key]:g}" for key, word in _LIMITS.items() if key in here]
    return " and".join(limits)
