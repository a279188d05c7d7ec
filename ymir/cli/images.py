"""The images of this machine as commands see them; the engine is asked only when it must be."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from ymir.errors import EngineError
from ymir.spec.image import Reference
from ymir.spec.manual import Manual

if TYPE_CHECKING:
    from ymir.engine.client import Engine
    from ymir.engine.images import Pulled

PATIENCE = 15  # seconds; a plan does not wait longer for an engine that hangs


class Images(Protocol):
    """Which images a command may know of."""

    def digest(self, reference: str) -> str | None:
        """Which image a reference means; None where that is not known here."""

    def manual(self, reference: str) -> Manual | None:
        """What the image says of itself; None where that is not known here."""


class Unseen:
    """No image is looked at: for commands that start nothing, and for what nothing needs."""

    def digest(self, reference: str) -> str | None:
        """Known only where the reference says it."""
        found = Reference.of(reference)
        return found.digest if found else None

    def manual(self, reference: str) -> Manual | None:
        """Not known."""
        return None


class LocalImages(Unseen):
    """The images of the engine on this machine; nothing of them is run.

    Where no engine answers, as on a machine that has none, they are unknown.
    """

    def __init__(self) -> None:
        self.trouble: EngineError | None = None  # why no engine answers
        self._engine: Engine | None = None

    def digest(self, reference: str) -> str | None:
        """Known where the reference says it, and of images that are here."""
        known = super().digest(reference)
        if known or not self._answers:
            return known
        found = _module("images").find(self._connected, reference)
        return found.digest if found else None

    def manual(self, reference: str) -> Manual | None:
        """Known of images that are here; one that cannot be read is at fault."""
        if not self._answers:
            return None
        try:
            read: Manual | None = _module("manual").manual(self._connected, reference)
        except EngineError as error:
            return Manual(faults=(str(error),))
        return read

    def is_here(self, reference: str) -> bool:
        """Whether the image is on this machine; an error where no engine answers."""
        return _module("images").find(self._connected, reference) is not None

    def pull(self, reference: str) -> Iterator[Pulled]:
        """Bring the image to this machine; an error that says what to do where that fails."""
        pulled: Iterator[Pulled] = _module("images").pull(self._connected, reference)
        return pulled

    def close(self) -> None:
        """Hang up."""
        if self._engine is not None:
            self._engine.api.close()
            self._engine = None

    @property
    def _answers(self) -> bool:
        try:
            return self._connected is not None
        except EngineError:
            return False

    @property
    def _connected(self) -> Engine:
        """The engine, asked once: its silence is remembered, too."""
        if self.trouble:
            raise self.trouble
        if self._engine is None:
            try:
                self._engine = _module("client").connect(PATIENCE)
            except EngineError as error:
                self.trouble = error
                raise
        return self._engine


def _module(name: str) -> ModuleType:
    """What knows Docker, imported only where there is an image to look at: it takes its time."""
    return importlib.import_module(f"ymir.engine.{name}")
