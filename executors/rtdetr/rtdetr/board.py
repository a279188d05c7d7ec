"""The course of a training, as TensorBoard shows it."""

from pathlib import Path

from tensorboardX import SummaryWriter


class Board:
    """Writes curves to `tensorboard/`; only the first of several processes does."""

    def __init__(self, folder: Path, is_first: bool) -> None:
        self._writer = SummaryWriter(str(folder)) if is_first else None

    def add(self, step: int, **values: float) -> None:
        """Add a point to each curve."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
