"""The reference of each kind of spec, from its model and its annotated example."""

from collections.abc import Iterator, Mapping

from docs.making.tables import code, fenced, table
from ymir.resources import resource
from ymir.spec.catalogue import KINDS
from ymir.spec.explain import facts_of, holder_of, parts_of
from ymir.spec.schema import schema
from ymir.spec.shape import Shape

_ORDER = ("Project", "Dataset", "Labels", "Executor", "Model", "Workspace")  # as people meet them
_EDITORS = "# yaml-language-server:"


def kinds() -> Mapping[str, str]:
    """Address -> page, of each kind."""
    ordered = sorted(KINDS, key=_ORDER.index)
    return {f"reference/specs/{kind.lower()}.md": _page(kind) for kind in ordered}


def _page(kind: str) -> str:
    whole = Shape.of(schema(kind))
    name = f"{kind.lower()}.yaml"
    lines = (resource("specs") / name).read_text().splitlines()
    example = "\n".join(line for line in lines if not line.startswith(_EDITORS))
    below = [_field(f"{kind}.{name}", name, each, whole) for name, each in whole.fields.items()]
    return "\n".join(
        (
            f"# {kind}\n",
            f"{whole.description} In the terminal: `ymir explain {kind}`.\n",
            "## All of its fields\n",
            fenced(example.strip("#\n"), "yaml"),
            "## Field by field\n",
            *below,
        )
    )


def _field(path: str, name: str, shape: Shape, holds: Shape) -> str:
    about = f"{_facts(shape, name, holds)}. {shape.description}\n"
    rows = [*_rows(name, shape)]
    below = table(("field", "what it may be", "what it says"), rows) if rows else ""
    return f"### {code(name)} {{#{name.lower()}}}\n\n{about}\n{below}"


def _rows(path: str, shape: Shape) -> Iterator[tuple[str, str, str]]:
    held = holder_of(shape)
    for name, each in parts_of(shape).items():
        told = "an operation" if held.options else _facts(each, name, held)
        yield code(f"{path}.{name}"), told, each.description
        yield from _rows(f"{path}.{name}", each)


def _facts(shape: Shape, name: str, holds: Shape) -> str:
    return facts_of(shape, is_required=name in holds.required)
