"""The state of a training and its single step."""

import copy
import math

import torch
from torch import nn
from ymir_kit.errors import Code, ExecutorError

from tinydet.assign import assign
from tinydet.augment import Dice, random_crops
from tinydet.dataset import LabelledImages
from tinydet.loss import detection_loss
from tinydet.network import STRIDE, Network
from tinydet.settings import TrainingSettings

WARM_UP = 0.12  # share of the iterations in which the learning rate rises
WEIGHT_DECAY = 0.02
LONGEST_GRADIENT = 10.0
AVERAGE_DECAY = 0.995  # of the moving average of weights, approached from below


class MovingAverage:
    """A copy of a network whose weights follow it smoothly (Polyak averaging)."""

    def __init__(self, network: Network) -> None:
        self.network = copy.deepcopy(network).eval()
        self.updates = 0
        self._mine = _numbers(self.network)
        self._theirs = _numbers(network)

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the network, in large steps at first."""
        self.updates += 1
        decay = min(AVERAGE_DECAY, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._mine, self._theirs, 1 - decay)


class Learner:
    """A network, its optimiser (AdamW, one-cycle learning rate) and its random numbers."""

    def __init__(self, network: Network, settings: TrainingSettings, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        self.iteration = 0
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.average = MovingAverage(self.network)
        self.dice = Dice(settings.seed)
        self._queue = torch.empty(0, dtype=torch.long)
        self._optimizer = torch.optim.AdamW(_groups(network), settings.learning_rate, fused=True)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer,
            settings.learning_rate,
            total_steps=settings.iterations,
            pct_start=WARM_UP,
        )

    def step(self, images: LabelledImages, autocast: torch.autocast) -> float:
        """Learn from one batch and return its loss."""
        crop = self.settings.crop
        batch, objects = random_crops(images, self._next_batch(len(images)), crop, self.dice)
        batch = batch.to(self.device).contiguous(memory_format=torch.channels_last)
        with autocast:
            logits, boxes = self.network(batch)
        goals = assign(logits, boxes, objects.to(self.device), (crop // STRIDE, crop // STRIDE))
        loss = detection_loss(logits, boxes, goals)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        value = loss.item()
        if not math.isfinite(value):
            raise ExecutorError(
                Code.NOT_A_NUMBER,
                f"the loss is {value} at iteration {self.iteration}; lower `learning_rate`",
            )
        self._optimizer.step()
        self._schedule.step()
        self.average.update()
        self.iteration += 1
        return value

    def state(self) -> dict[str, object]:
        """Return everything the next step depends on, apart from the images."""
        return {
            "iteration": self.iteration,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "updates": self.average.updates,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "generator": self.dice.generator.get_state(),
            "queue": self._queue,
        }

    def restore(self, state: dict) -> None:
        """Continue from what `state` returned."""
        self.iteration = state["iteration"]
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self.dice.generator.set_state(state["generator"])
        self._queue = state["queue"]

    def _next_batch(self, count: int) -> torch.Tensor:
        """Return indices of images: every image once before any comes again."""
        size = self.settings.batch_size
        while len(self._queue) < size:
            self._queue = torch.cat([self._queue, self.dice.order(count)])
        batch, self._queue = self._queue[:size], self._queue[size:]
        return batch


def _numbers(network: Network) -> list[torch.Tensor]:
    """Return the weights and statistics that can be averaged."""
    return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]


def _groups(network: Network) -> list[dict[str, object]]:
    """Return the parameters, those of normalisation and biases without weight decay."""
    decayed = [weight for weight in network.parameters() if weight.ndim > 1]
    free = [weight for weight in network.parameters() if weight.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": WEIGHT_DECAY},
        {"params": free, "weight_decay": 0.0},
    ]
