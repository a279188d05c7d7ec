"""YAML from strangers as plain JSON values: no tags, no bombs, no depth that ends the process."""

from __future__ import annotations

from pydantic import JsonValue

from ymir.documents import IllegibleError, yaml_of

_DEEPEST = 20
_MOST_VALUES = 5_000


class UnreadableError(ValueError):
    """A text that is no YAML, or more of it than anybody means; the message follows its name."""


def plain_yaml(content: bytes) -> JsonValue:
    """One YAML document, as JSON has it: dates become texts, keys become texts."""
    try:
        return _Plain().of(yaml_of(content.decode("utf-8-sig"), aliases=True), 0)
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8") from error
    except IllegibleError as error:
        raise UnreadableError(f"cannot be read: {error}") from error


class _Plain:
    """Copies values while it counts them, aliases written out."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def of(self, value: object, depth: int) -> JsonValue:
        """The value without anything that JSON has not."""
        self._left -= 1
        if self._left < 0:
            raise UnreadableError(f"holds more than {_MOST_VALUES:,} values, aliases written out")
        if depth > _DEEPEST:
            raise UnreadableError(f"is nested more than {_DEEPEST} levels deep")
        match value:
            case None | bool() | int() | float() | str():
                return value
            case dict():
                return {str(key): self.of(each, depth + 1) for key, each in value.items()}
            case list() | tuple() | set():
                return [self.of(each, depth + 1) for each in value]
            case _:
                return str(value)
