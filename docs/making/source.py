"""What stands in the source of a class, beside its docstring."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Mapping
from types import ModuleType

_FIELD = re.compile(r"^    ([a-z]\w*): .*?(?:  # (.*))?$", re.MULTILINE)
_WIDEST = 92


def classes(package: ModuleType) -> dict[str, type]:
    """Every class of a package that is defined there, by its name."""
    names = (each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    modules = [*map(importlib.import_module, names)]
    return {
        name: each
        for module in modules
        for name, each in vars(module).items()
        if inspect.isclass(each) and each.__module__ == module.__name__
    }


def fields(shown: type) -> list[str]:
    """The lines of its fields, with the comments beside them; what is not shown is left out."""
    return [found[0] for found in _found(shown) if "repr=False" not in found[0]]


def remarks(shown: type) -> Mapping[str, str]:
    """Field -> the comment beside it."""
    return {found[1]: found[2] for found in _found(shown) if found[2]}


def stub(name: str, call: Callable[..., object]) -> str:
    """A function without what is inside of it; one that is wide has a line for each parameter."""
    signature = inspect.signature(call)
    told = str(signature).replace("'", "")
    if len(name) + len(told) > _WIDEST:
        told = _spread(signature).replace("'", "")
    about = indented(f'"""{inspect.getdoc(call)}"""')
    return f"def {name}{told}:\n{about}"


def indented(text: str) -> str:
    """The same within something else."""
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _found(shown: type) -> list[re.Match[str]]:
    told = inspect.getsource(shown).partition("    def ")[0]
    return [*_FIELD.finditer(told)]


def _spread(signature: inspect.Signature) -> str:
    parameters = list(signature.parameters.values())
    told = [str(each) for each in parameters]
    named = [each.kind is each.KEYWORD_ONLY for each in parameters]
    if any(named):
        told.insert(named.index(True), "*")
    inside = "".join(f"    {each},\n" for each in told)
    return f"(\n{inside}) -> {signature.return_annotation}"
