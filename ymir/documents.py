"""YAML that others wrote, read within limits: no depth, no tag and no alias ends the process.

JSON of files that are read whole is read with `orjson`, which bounds depth by itself.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml import events

DEEPEST = 100  # lists in lists; libyaml's builder recurses in C, and a deep text ends the process
_FEW = 2_000  # marks that may open a level: fewer are not deep enough to look at each
_LARGEST = 1 << 63
_MARKS = b"[{-?"
# What PyYAML's builders raise where a value is not what its tag says: `!!bool x`, `2026-13-45`.
_WRONG = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class IllegibleError(ValueError):
    """A text that is no YAML, or more of it than anybody means; the message says why, in a line."""


class _Loader(yaml.CSafeLoader):
    """Builds plain values; numbers are such as fit into 64 bits, as those of JSON do."""


def _number(loader: _Loader, node: yaml.ScalarNode) -> int:
    value: int = yaml.constructor.SafeConstructor.construct_yaml_int(loader, node)
    if not -_LARGEST <= value < _LARGEST:
        raise IllegibleError("a number in it has more than 64 bits")
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _number)


def yaml_of(content: bytes | str, *, aliases: bool = False) -> Any:  # noqa: ANN401 - whatever YAML holds
    """The one document in a text. With `aliases`, its values may be the same object many times."""
    try:
        text = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        _measure(text, aliases=aliases)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    except IllegibleError:
        raise
    except _WRONG as error:
        why = " ".join(str(error).split()).replace(' in "<byte string>",', " at")
        raise IllegibleError(why or type(error).__name__) from error


def _measure(text: bytes, *, aliases: bool) -> None:
    """Refuse what is too deep, or repeats itself, before anything is built."""
    is_flat = sum(map(text.count, (bytes([each]) for each in _MARKS))) <= _FEW
    is_plain = aliases or not (b"&" in text and b"*" in text)
    if is_flat and is_plain:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, events.AliasEvent) and not aliases:
            raise IllegibleError(f"the alias `*{event.anchor}` is not read: write the value out")
        depth += isinstance(event, events.CollectionStartEvent)
        depth -= isinstance(event, events.CollectionEndEvent)
        if depth > DEEPEST:
            raise IllegibleError(f"it is nested more than {DEEPEST} levels deep")
