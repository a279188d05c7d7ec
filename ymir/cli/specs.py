"""Read the specs of a workspace, checked against what is installed here."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from ymir.cli.images import Images, Unseen
from ymir.cli.policy import policy_of
from ymir.jobs.environment import bundled
from ymir.jobs.manuals import bundled_manual
from ymir.plugins import Registry
from ymir.spec.catalogue import Catalogue
from ymir.spec.load import load_catalogue
from ymir.spec.manual import Manual

KEPT = "YMIR_SPECS_FROM"  # names the folder, below the workspace, of a copy of its specs
WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-C", help="The workspace's folder.", file_okay=False)
]


def catalogue(workspace: Path, images: Images | None = None) -> Catalogue:
    """The specs of a workspace; raises everything that is wrong with them at once.

    Parameters of images are checked where `images` knows what they say of themselves. `Workspace`
    is that of the commit in `YMIR_POLICY_FROM`, where one is named.
    """
    kept = os.environ.get(KEPT)
    return load_catalogue(workspace, Here(images or Unseen()), policy_of(workspace), kept)


class Here:
    """What is installed: plugins by their files, executors by their folders or images.

    The registries of `ymir.contracts` are not used, because their protocols import polars, which a
    name does not need; a plugin is imported when its parameters are asked for.
    """

    def __init__(self, images: Images) -> None:
        self._images = images
        self._plugins: dict[str, Collection[str]] = {}
        self._manuals: dict[str, Manual | None] = {}

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

    def manual(self, executor: str) -> Manual | None:
        """What a bundled executor's folder says of it."""
        return bundled_manual(executor)

    def image(self, reference: str) -> Manual | None:
        """What an image says of itself, looked up once."""
        if reference not in self._manuals:
            self._manuals[reference] = self._images.manual(reference)
        return self._manuals[reference]
