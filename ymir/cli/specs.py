"""Read the specs of a workspace, checked against what is installed here."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from ymir.cli.editing import offer_schema
from ymir.cli.images import Images, Unseen
from ymir.cli.policy import policy_of, refuse_detours
from ymir.contracts.secret import reveal
from ymir.errors import DataError
from ymir.jobs.environment import bundled
from ymir.jobs.manuals import bundled_manual
from ymir.plugins import Registry
from ymir.spec.catalogue import Catalogue
from ymir.spec.load import load_catalogue
from ymir.spec.manual import Manual
from ymir.spec.secret import SecretSource, references
from ymir.vault import remember

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
    if workspace.is_dir():
        refuse_detours(workspace)
    if (workspace / "specs").is_dir():
        offer_schema(workspace)
    found = load_catalogue(workspace, Here(images or Unseen()), policy_of(workspace), kept)
    for _, secret in _secrets_of(found):
        remember(os.environ.get(secret.env or "", ""))
    return found


def keep_quiet_about(found: Catalogue, workspace: Path) -> Catalogue:
    """The same specs; no output will show what is in the files that they name as secrets.

    For commands that run or show programs, which could have read them; planning reads none.
    """
    for _, secret in _secrets_of(found):
        with suppress(DataError):  # whoever needs it will say so
            reveal(secret, workspace)
    return found


def _secrets_of(found: Catalogue) -> Iterator[tuple[object, SecretSource]]:
    for project in found.projects.values():
        yield from references(project.label.with_ if project.label else {})
    for each in found.workspace.notify:
        yield from references(each.with_)


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
