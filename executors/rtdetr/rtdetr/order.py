"""Which images a training sees when: fixed by the seed, so that it can go on anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Order:
    """Every image once in each epoch, shuffled anew, in batches split among processes."""

    count: int  # images
    batch_size: int  # of one process
    epochs: int
    seed: int
    process: int = 0
    processes: int = 1

    @property
    def steps_in_epoch(self) -> int:
        """Steps in which each image is seen once; the last batch is filled up from the front."""
        whole = self.batch_size * self.processes
        return -(-self.count // whole)

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_in_epoch * self.epochs

    def batches(self, first_step: int) -> Iterator[list[int]]:
        """Yield the indices of this process's batches from a step on."""
        for step in range(first_step, self.steps):
            epoch, place = divmod(step, self.steps_in_epoch)
            if step == first_step or place == 0:
                shuffled = self._shuffled(epoch)
            start = (place * self.processes + self.process) * self.batch_size
            yield [int(shuffled[at % self.count]) for at in range(start, start + self.batch_size)]

    def _shuffled(self, epoch: int) -> torch.Tensor:
        """Return the order of one epoch."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        return torch.randperm(self.count, generator=generator)
