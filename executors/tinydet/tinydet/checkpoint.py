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
        """Continue from this run's own checkpoint, else from `resume_from`, else begin."""
        state = self._own_state()
        if state is None and resume_from is not None:
            path = resume_from / FILE_NAME if resume_from.is_dir() else resume_from
            state = _read(path)
            if state.get("fingerprint") != self.fingerprint:
                raise ExecutorError(
                    Code.MODEL,
                    f"`resume_from`: {path} was made with other data, parameters or start weights",
                )
        if state is not None:
            learner.restore(state)
            LOG.info("continuing at iteration %d", learner.iteration)

    def remove(self) -> None:
        """Forget a training that is finished."""
        (self.folder / FILE_NAME).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _own_state(self) -> dict | None:
        """Return what an earlier start of this same training left; nothing else is of use."""
        path = self.folder / FILE_NAME
        if not path.exists():
            return None
        try:
            state = _read(path)
        except ExecutorError as error:
            LOG.warning("%s: beginning anew", error)
            return None
        if state.get("fingerprint") == self.fingerprint:
            return state
        LOG.warning("%s belongs to another training: beginning anew", path)
        return None


def _read(path: Path) -> dict:
    """Return a saved state; loading runs no code from the file."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ExecutorError(Code.MODEL, f"cannot read the checkpoint `{path}`: {reason}") from error
