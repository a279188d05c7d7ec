"""What executors on torch share; the one module of the kit that needs it."""

import logging
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

LOG = logging.getLogger("ymir_kit")
OUT_OF_MEMORY_TEXT = "can't allocate memory"  # how torch on a CPU says it


@dataclass(frozen=True)
class Objects:
    """Objects of a batch of N images, padded to M for each: boxes are left, top, right, bottom."""

    boxes: torch.Tensor  # (N, M, 4) float32, pixels
    labels: torch.Tensor  # (N, M) int64, class index
    present: torch.Tensor  # (N, M) bool, false for padding

    def of(self, images: torch.Tensor) -> "Objects":
        """Return the objects of the given images (indices)."""
        return Objects(self.boxes[images], self.labels[images], self.present[images])

    def to(self, device: torch.device) -> "Objects":
        """Return the same objects on `device`."""
        return Objects(self.boxes.to(device), self.labels.to(device), self.present.to(device))


def padded(rows: Sequence[Sequence[tuple[float, ...]]]) -> Objects:
    """Return ragged rows of `label, left, top, right, bottom` as tensors of one width."""
    most = max((len(row) for row in rows), default=0) or 1
    table = torch.zeros(len(rows), most, 5)
    present = torch.zeros(len(rows), most, dtype=torch.bool)
    for number, row in enumerate(rows):
        if row:
            table[number, : len(row)] = torch.tensor(row)
            present[number, : len(row)] = True
    return Objects(table[..., 1:].contiguous(), table[..., 0].long(), present)


class TorchFile:
    """Writes and reads nested dicts of tensors and numbers; reading runs no code from the file."""

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


def is_lack_of_memory(error: Exception) -> bool:
    """Whether there was no memory left, on the GPU or beside it."""
    is_known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return is_known or OUT_OF_MEMORY_TEXT in str(error)
