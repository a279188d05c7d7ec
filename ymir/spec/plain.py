"""YAML from strangers as plain JSON values: no tags, no bombs, no depth that ends the process."""

from __future__ import annotations

import yaml
from pydantic import JsonValue
from yaml import events

_DEEPEST = 20
_MOST_VALUES = 5_000


class UnreadableError(ValueError):
    """A text that is no YAML, or more of it than anybody means; the message follows its name."""


def plain_yaml(content: bytes) -> JsonValue:
    """One YAML document, as JSON has it: dates become texts, keys become texts."""
    try:
        text = content.decode("utf-8-sig")
        _measure(text)
        return _Plain().of(yaml.load(text, Loader=yaml.CSafeLoader), 0)
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8") from error
    except yaml.YAMLError as error:
        raise UnreadableError("is not valid YAML") from error
    except UnreadableError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        # what PyYAML raises where a value is not what its tag says: a date of no calendar
        raise UnreadableError("is not valid YAML") from error


def _measure(text: str) -> None:
    """Refuse what is nested too deeply before it is built: libyaml's builder recurses in C."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, events.CollectionStartEvent)
        depth -= isinstance(event, events.CollectionEndEvent)
        if depth > _DEEPEST:
            raise UnreadableError(f"is nested more than {_DEEPEST} levels deep")


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
