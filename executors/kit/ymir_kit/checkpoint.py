"""An unfinished training as a file: continuing gives the bytes an uncut run would have given."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ymir_kit.errors import Code, ExecutorError

LOG = logging.getLogger("ymir_kit")
FILE_NAME = "training.pt"


class Learning(Protocol):
    """A training whose whole state can be taken out and put back."""

    iteration: int

    def state(self) -> Mapping[str, object]:
        """Return everything the next step depends on, apart from the images."""

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from what `state` returned."""


class Storage(Protocol):
    """How a state becomes a file: the library's own way, which runs no code on reading."""

    def write(self, state: Mapping[str, object], path: Path) -> None:
        """Write the file."""

    def read(self, path: Path) -> Mapping[str, object] | None:
        """Return the state, None when the file is damaged."""


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of a training is kept, and which training it is."""

    folder: Path
    fingerprint: str  # of data, parameters and start weights
    storage: Storage

    def save(self, learner: Learning) -> None:
        """Replace the checkpoint in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{FILE_NAME}.partial"
        self.storage.write({"fingerprint": self.fingerprint, **learner.state()}, partial)
        partial.replace(self.folder / FILE_NAME)

    def restore(self, learner: Learning, resume_from: Path | None) -> None:
        """Continue from this run's own checkpoint, else from `resume_from`, else begin.

        A checkpoint saves time and never changes the outcome, so one that does not fit is passed.
        """
        if resume_from is not None and not resume_from.exists():
            raise ExecutorError(Code.CONFIG, f"`resume_from`: there is no `{resume_from}`")
        for place in dict.fromkeys((self.folder, resume_from or self.folder)):
            path = place / FILE_NAME if place.is_dir() else place
            state = self._read(path) if path.is_file() else None
            if state is not None and state.get("fingerprint") == self.fingerprint:
                learner.restore(state)
                LOG.info("continuing at iteration %d", learner.iteration)
                return
            if state is not None:
                LOG.warning("%s is of other data, parameters or start weights: passed over", path)

    def remove(self) -> None:
        """Forget a training that is finished."""
        (self.folder / FILE_NAME).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _read(self, path: Path) -> Mapping[str, object] | None:
        """Return a saved state, None when it is damaged."""
        state = self.storage.read(path)
        if state is None:
            LOG.warning("%s is no readable checkpoint", path)
        return state
