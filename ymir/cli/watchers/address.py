"""Where the watcher listens, and with which secrets: read from options and specs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ymir.cli.specs import catalogue
from ymir.contracts.secret import reveal_strong
from ymir.errors import SpecError
from ymir.spec.secret import SecretSource

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[^\[\]:]*):)?([0-9]{1,5})")
_LAST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int


@dataclass(frozen=True)
class Ear:
    """Where others may call, and with which secrets."""

    address: Address
    secrets: tuple[str, ...]


def address(text: str) -> Address:
    """`[HOST:]PORT`, this machine's alone unless told otherwise."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > _LAST_PORT:
        raise SpecError(f"`{text}` is no address to listen on", hint="say `PORT` or `HOST:PORT`")
    return Address((found[1] or "127.0.0.1").strip("[]"), int(found[2]))


def ear(text: str, variable: str | None, root: Path) -> Ear:
    """Where to listen, as told; the secrets are those of the option and of the specs."""
    where = address(text)
    named = [SecretSource(env=variable)] if variable else list(_named(root))
    secrets = tuple({reveal_strong(each, root) for each in named})
    if not secrets:
        raise SpecError(
            "webhooks need a secret: else anybody may ring",
            hint="`webhook: {secret: …}` of a project's label tool, or `--webhook-secret-env`",
        )
    return Ear(where, secrets)


def _named(root: Path) -> Iterator[SecretSource]:
    """The secrets of webhooks, where the projects' label tools say that they are."""
    for project in catalogue(root).projects.values():
        webhook = project.label.with_.get("webhook")
        secret = webhook.get("secret") if isinstance(webhook, dict) else None
        if isinstance(secret, dict):
            yield SecretSource.model_validate(secret)
