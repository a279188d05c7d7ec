"""Puts the folders that ship beside the code into the wheel; an editable install needs none."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("specs", "reports", "executors", "examples", "docs/reference")
LEFT_BEHIND = {"__pycache__", "raw"}  # by use, as is every hidden folder


class BundledFolders(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own generic
    """Maps each file of `specs/`, `reports/`, … to `ymir/bundled/`; see `ymir.resources`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling with version `standard` for a wheel, `editable` otherwise."""
        if version != "standard":
            return
        root = Path(self.root)
        for folder in FOLDERS:
            for path in (root / folder).rglob("*"):
                inner = path.relative_to(root)
                folders = inner.parts[:-1]
                is_local = any(p.startswith(".") or p in LEFT_BEHIND for p in folders)
                if path.is_file() and not is_local:
                    build_data["force_include"][str(path)] = f"ymir/bundled/{inner.as_posix()}"
