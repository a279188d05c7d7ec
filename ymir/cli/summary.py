"""What a command does, in a line, read from its source: a list of commands imports none of them."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path


def summary(module: str) -> str:
    """The first line of what the module's `command` says of itself."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    said = next(filter(None, map(_said, tree.body)), "")
    return said.split("\n\n")[0]


def brief(text: str) -> str:
    """The first clause of a text, for lists."""
    return re.split(r"[:;.](?:\s|$)", text, maxsplit=1)[0].replace("\n", " ")


def _said(statement: ast.stmt) -> str | None:
    """The text of `def command` or of `command = typer.Typer(help=…)`."""
    match statement:
        case ast.FunctionDef(name="command"):
            return ast.get_docstring(statement)
        case ast.Assign(targets=[ast.Name(id="command")], value=ast.Call(keywords=keywords)):
            texts = {each.arg: each.value for each in keywords}
            return getattr(texts.get("help"), "value", None)
        case _:
            return None
