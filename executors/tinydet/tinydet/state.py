"""The state of a training as torch writes it; reading it runs no code from the file."""

import logging
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

LOG = logging.getLogger("tinydet")


class TorchFile:
    """Writes and reads nested dicts of tensors and numbers."""

    def write(self, state: Mapping[str, object], path: Path) -> None:
        """Write the file."""
        torch.save(dict(state), path)

    def read(self, path: Path) -> Mapping[str, object] | None:
        """Return the state, None when the file is damaged."""
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            LOG.warning("%s: %s", path, type(error).__name__)
            return None
        return state if isinstance(state, dict) else None
