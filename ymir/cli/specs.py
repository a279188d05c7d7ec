"""Read the specs of a workspace, checked against what is installed here."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import BaseModel, JsonValue

from ymir.jobs.environment import bundled, folder_of
from ymir.plugins import Registry
from ymir.spec.catalogue import Catalogue
from ymir.spec.load import load_catalogue

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-C", help="The workspace's folder.", file_okay=False)
]


def catalogue(workspace: Path) -> Catalogue:
    """The specs of a workspace; raises everything that is wrong with them at once."""
    return load_catalogue(workspace, Here())


class Here:
    """What is installed: plugins by their files, executors by their folders.

    The registries of `ymir.contracts` are not used, because their protocols import polars, which a
    name does not need; a plugin is imported when its parameters are asked for.
    """

    def __init__(self) -> None:
        self._plugins: dict[str, Collection[str]] = {}

    def plugins(self, kind: str) -> Collection[str]:
        """The names of the plugins of one kind, looked up once."""
        if kind not in self._plugins:
            self._plugins[kind] = Registry(kind, object).modules()
        return self._plugins[kind]

    def settings(self, kind: str, plugin: str) -> type[BaseModel] | None:
        """The model `Settings` of a plugin."""
        return getattr(Registry(kind, object).load(plugin), "Settings", None)

    def executors(self) -> Collection[str]:
        """The names of the bundled executors."""
        return bundled()

    def template(self, executor: str, task: str) -> Mapping[str, JsonValue] | None:
        """The parameters of a task with their defaults, as the executor's image declares them."""
        file = folder_of(executor) / "img-man" / f"{task}-template.yaml"
        if not file.is_file():
            return None
        return yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader) or {}
