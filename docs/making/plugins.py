"""The reference of plugins: what there is of each kind, and what one must define."""

import importlib
import inspect
from typing import Any

from docs.making.source import stub
from docs.making.tables import code, fenced, table
from ymir.contracts.backend import backends
from ymir.contracts.format import formats
from ymir.contracts.labeling import tools
from ymir.contracts.mining import strategies
from ymir.contracts.notice import channels
from ymir.contracts.store import stores
from ymir.plugins import Registry

_NAMED_BY = {  # where a spec names one
    "formats": "`from.format` of a [Dataset](specs/dataset.md#from)",
    "mining": "`mine.use` of a [Project](specs/project.md#mine)",
    "labeling": "`label.use` of a [Project](specs/project.md#label)",
    "backends": "`backend.use` of the [Workspace](specs/workspace.md#backend)",
    "notices": "`notify[].use` of the [Workspace](specs/workspace.md#notify)",
    "stores": "nothing: `dvc` is the one that is used",
}
_BEGIN = """\
# Plugins

A plugin is a module that defines what its contract asks for. Its name is that of its file, with
`-` for `_`; it is imported when a spec names it. Your own package declares one in an entry-point
group, and specs name it like any other:
"""
_DECLARED = """\
[project.entry-points."ymir.formats"]
lvis = "my_package.lvis"
"""


def plugins() -> str:
    """One section for each kind."""
    kinds = (formats, strategies, tools, backends, channels, stores)
    return "\n".join((_BEGIN, fenced(_DECLARED, "toml", "pyproject.toml"), *map(_section, kinds)))


def _section(registry: Registry[Any]) -> str:
    contract = registry.contract
    built_in = {n: m for n, m in registry.modules().items() if m.startswith(f"{registry.group}.")}
    rows = [(code(name), _first_line(module)) for name, module in built_in.items()]
    return "\n".join(
        (
            f"## {code(registry.group)} {{#{registry.kind}}}\n",
            f"Named by {_NAMED_BY[registry.kind]}.\n",
            table(("name", "what it is"), rows),
            f"Contract: `{contract.__module__}.{contract.__name__}`. {inspect.getdoc(contract)}\n",
            fenced("\n\n".join(_members(contract)), "python"),
        )
    )


def _members(contract: type) -> list[str]:
    """What a plugin defines, as the contract has it."""
    kinds = inspect.get_annotations(contract)
    values = [f"{name}: {kind}" for name, kind in kinds.items() if not name.startswith("_")]
    calls = [
        stub(name, member).replace("(self, ", "(").replace("(self)", "()")
        for name, member in vars(contract).items()
        if inspect.isfunction(member) and not name.startswith("_")
    ]
    return [*values, *calls]


def _first_line(module: str) -> str:
    return (inspect.getdoc(importlib.import_module(module)) or "").partition("\n")[0]
