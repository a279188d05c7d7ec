"""Read a secret where a spec says that it is."""

from __future__ import annotations

import os
from pathlib import Path

from ymir.errors import DataError
from ymir.spec.secret import SecretSource
from ymir.vault import remember

SHORTEST = 16  # letters of what strangers may guess at: fewer can be guessed


def reveal(secret: SecretSource, workspace: Path) -> str:
    """The secret's value, which no output will show; raises `DataError` where there is none."""
    found = os.environ.get(secret.env, "") if secret.env else _first_line(secret, workspace)
    if not found.strip():
        raise DataError(
            f"{secret.place} holds no secret", hint="put the token there; specs only say where"
        )
    remember(found.strip())
    return found.strip()


def reveal_strong(secret: SecretSource, workspace: Path) -> str:
    """The value of a secret that whoever reaches an address may guess at; `DataError` if short."""
    value = reveal(secret, workspace)
    if len(value) < SHORTEST:
        raise DataError(
            f"the secret in {secret.place} is no good: it needs {SHORTEST} letters or more",
            hint="`openssl rand -hex 32` makes a good one",
        )
    return value


def _first_line(secret: SecretSource, workspace: Path) -> str:
    try:
        with (workspace / (secret.file or "")).expanduser().open(encoding="utf-8") as file:
            return file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{secret.place} cannot be read: {error}",
            hint="see that the file is there and that you may read it",
        ) from error
