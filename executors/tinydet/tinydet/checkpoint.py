"""An unfinished training as a file: continuing gives the bytes an uncut run would have given."""

import logging
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch

from tinydet.errors import Code, ExecutorError
from tinydet.learner import Learner

LOG = logging.getLogger("tinydet")
FILE_NAME = "training.pt"


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of a training is kept, and which training it is."""

    folder: Path
    fingerprint: str  # of data, parameters and start weights

    def save(self, learner: Learner) -> None:
        """Replace the checkpoint in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{FILE_NAME}.partial"
        torch.save({"fingerprint": self.fingerprint, **learner.state()}, partial)
        partial.replace(self.folder / FILE_NAME)

    def restore(self, learner: Learner, resume_from: Path | None) -> None:
        """Continue from this run's own checkpoint, else from `resume_from`, else begin.

        A checkpoint saves time and never changes the outcome, so one that does not fit is passed.
        """
        if resume_from is not None and not resume_from.exists():
            raise ExecutorError(Code.CONFIG, f"`resume_from`: there is no `{resume_from}`")
        for place in dict.fromkeys((self.folder, resume_from or self.folder)):
            path = place / FILE_NAME if place.is_dir() else place
            state = _read(path) if path.is_file() else None
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


def _read(path: Path) -> dict | None:
    """Return a saved state, None when it is damaged; loading runs no code from the file."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        LOG.warning("%s is no readable checkpoint (%s)", path, type(error).__name__)
        return None
    return state if isinstance(state, dict) else None
