"""The state of a training and its single step; accelerate spreads it over GPUs and precisions."""

import hashlib
import math
from collections.abc import Mapping, Sequence

import torch
from torch.optim.swa_utils import AveragedModel
from transformers import PreTrainedModel, get_cosine_schedule_with_warmup
from ymir_kit.errors import Code, ExecutorError

from rtdetr.augment import Augmentation
from rtdetr.dataset import Batch
from rtdetr.device import accelerator
from rtdetr.settings import Machine, TrainingSettings

# What scipy and transformers say of costs and boxes that are no numbers.
MATCHER_TEXTS = ("invalid numeric entries", "nan")


class Learner:
    """A network, its optimiser (AdamW, cosine schedule with warm-up) and its moving average."""

    def __init__(
        self, network: PreTrainedModel, settings: TrainingSettings, machine: Machine, steps: int
    ) -> None:
        self.iteration = 0
        self.settings = settings
        self.accelerator = accelerator(machine)
        self.device = self.accelerator.device
        network = network.to(self.device).train()
        self.average = AveragedModel(network, multi_avg_fn=_follow(settings.average_decay))
        self._augment = Augmentation(settings.augmentation)
        optimizer = torch.optim.AdamW(_groups(network, settings), settings.learning_rate)
        warm_up = min(settings.warm_up, steps // 5)
        self._schedule = get_cosine_schedule_with_warmup(optimizer, warm_up, steps)
        self.network, self._optimizer = self.accelerator.prepare(network, optimizer)

    @property
    def rate(self) -> float:
        """The learning rate of the next step, without the backbone's."""
        return self._schedule.get_last_lr()[-1]

    def step(self, batch: Batch) -> float:
        """Learn from one batch and return its loss."""
        self._seed()
        pixels, labels = self._prepared(batch)
        try:
            loss = self.network(pixel_values=pixels, labels=labels).loss
        except ValueError as error:
            if not any(text in str(error) for text in MATCHER_TEXTS):
                raise
            raise self._not_a_number("nan") from error
        value = float(loss.detach())
        if not math.isfinite(value):
            raise self._not_a_number(f"{value}")
        self.accelerator.backward(loss)
        if self.settings.longest_gradient:
            longest = self.settings.longest_gradient
            self.accelerator.clip_grad_norm_(self.network.parameters(), longest)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._schedule.step()
        self.average.update_parameters(self.accelerator.unwrap_model(self.network))
        self.iteration += 1
        return value

    def state(self) -> Mapping[str, object]:
        """Return everything the next step depends on, apart from the images."""
        scaler = self.accelerator.scaler
        return {
            "iteration": self.iteration,
            "network": self.accelerator.unwrap_model(self.network).state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": scaler.state_dict() if scaler is not None else {},
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from what `state` returned."""
        self.iteration = state["iteration"]
        self.accelerator.unwrap_model(self.network).load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        if self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(state["scaler"])

    def _seed(self) -> None:
        """Fix the random numbers of the next step: augmentation, dropout, denoising queries."""
        key = f"{self.settings.seed}/{self.iteration}/{self.accelerator.process_index}"
        found = hashlib.blake2b(key.encode(), digest_size=7).digest()
        torch.manual_seed(int.from_bytes(found))

    def _prepared(self, batch: Batch) -> tuple[torch.Tensor, list[dict[str, torch.Tensor]]]:
        """Return a batch on the device, augmented."""
        pixels = batch.pixels.to(self.device, non_blocking=True).float().div_(255)
        return self._augment(pixels, batch.objects.to(self.device))

    def _not_a_number(self, value: str) -> ExecutorError:
        return ExecutorError(
            Code.NOT_A_NUMBER,
            f"the loss is {value} at iteration {self.iteration}; lower `learning_rate`",
        )


def _follow(decay: float) -> object:
    """Return the rule of the moving average: it follows closely at first."""

    @torch.no_grad()
    def follow(
        mine: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor], count: torch.Tensor
    ) -> None:
        near = min(decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(mine, theirs, 1 - near)

    return follow


def _groups(network: PreTrainedModel, settings: TrainingSettings) -> list[dict[str, object]]:
    """Return the parameters: the backbone slower if it has learnt before, norms without decay."""
    is_learnt = bool(settings.pretrained or settings.weights)
    slow = settings.learning_rate * (settings.backbone_rate if is_learnt else 1.0)
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        groups.setdefault((".backbone." in name, weight.ndim > 1), []).append(weight)
    return [
        {
            "params": weights,
            "lr": slow if is_backbone else settings.learning_rate,
            "weight_decay": settings.weight_decay if is_matrix else 0.0,
        }
        for (is_backbone, is_matrix), weights in sorted(groups.items(), reverse=True, key=_key)
    ]


def _key(item: tuple[tuple[bool, bool], object]) -> tuple[bool, bool]:
    return item[0]
