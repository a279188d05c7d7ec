"""Declarative iteration of object-detection models: specs in, data versions and models out."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ymir.api.workspace import Workspace
    from ymir.errors import Exit, YmirError

__all__ = ["Exit", "Workspace", "YmirError", "__version__"]

__version__ = "0.1.0"

_OFFERED = {
    "Workspace": "ymir.api.workspace",
    "Exit": "ymir.errors",
    "YmirError": "ymir.errors",
}

if not TYPE_CHECKING:  # so that mypy finds a name that is not offered

    def __getattr__(name: str) -> object:
        """What notebooks and scripts use; read only when it is asked for."""
        if name not in _OFFERED:
            raise AttributeError(f"module `ymir` has no attribute `{name}`")
        return getattr(import_module(_OFFERED[name]), name)
