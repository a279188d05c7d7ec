"""The reference of `import ymir`: its classes, and those that their methods give."""

import inspect
import re
from collections.abc import Iterator

import ymir
import ymir.api
from docs.making.source import classes, fields, indented, stub
from docs.making.tables import fenced

_WORD = re.compile(r"\w+")


def python() -> str:
    """Every class that people meet, the workspace first."""
    names = sorted(name for name in ymir.__all__ if not name.startswith("_"))
    about = (
        "What the commands do, as values. Whatever is wrong is a `YmirError`; nothing is printed."
    )
    begin = fenced(f"from ymir import {', '.join(names)}", "python")
    return "\n".join((f"# Python\n\n{about}\n\n{begin}", *map(_section, _met(ymir.Workspace))))


def _met(first: type) -> Iterator[type]:
    """A class, then those that it speaks of, then those that they speak of."""
    ours, waiting = classes(ymir.api), [first]
    while waiting:
        here = waiting.pop(0)
        ours.pop(here.__name__, None)
        yield here
        words = dict.fromkeys(_WORD.findall("\n".join((*fields(here), *_methods(here)))))
        waiting += [ours.pop(word) for word in words if word in ours]


def _section(shown: type) -> str:
    """A class as its source has it, without what is inside of its methods."""
    methods = map(indented, _methods(shown))
    text = "\n\n".join(("\n".join((f"class {shown.__name__}:", *fields(shown))), *methods))
    return f"## {shown.__name__}\n\n{inspect.getdoc(shown)}\n\n{fenced(text, 'python')}"


def _methods(shown: type) -> Iterator[str]:
    for name, member in vars(shown).items():
        call = getattr(member, "fget", None) or getattr(member, "func", None) or member
        if inspect.isfunction(call) and not name.startswith("_"):
            kind = "@property\n" if call is not member else ""
            yield kind + stub(name, call)
