"""A training from its first step to its last, or to where it no longer gets better."""

import copy
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from ymir_kit.checkpoint import Checkpoint
from ymir_kit.outputs import Monitor
from ymir_kit.stopping import StopSignal

from rtdetr.board import Board
from rtdetr.dataset import Sample, batches
from rtdetr.judge import Judge
from rtdetr.learner import Learner
from rtdetr.order import Order
from rtdetr.settings import Machine

LOG = logging.getLogger("rtdetr")
LOG_EVERY = 50  # steps
REPORT_EVERY = 10
Weights = Mapping[str, torch.Tensor]


@dataclass
class Course:
    """What a training has come to: its learner, and the best it has been."""

    learner: Learner
    order: Order
    judge: Judge
    samples: Sequence[Sample]
    machine: Machine
    best_score: float = 0.0
    last_score: float = 0.0
    best_weights: Weights = field(default_factory=dict)
    stale: int = 0  # judgements since the best one
    is_over: bool = False

    @property
    def iteration(self) -> int:
        """Steps that are done."""
        return self.learner.iteration

    @property
    def last_weights(self) -> Weights:
        """The moving average as it is now."""
        return self.learner.average.module.state_dict()

    def state(self) -> Mapping[str, object]:
        """Return everything that what comes depends on, apart from the images."""
        own = {
            "best_score": self.best_score,
            "last_score": self.last_score,
            "best_weights": dict(self.best_weights),
            "stale": self.stale,
            "is_over": self.is_over,
        }
        return {**own, **self.learner.state()}

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from what `state` returned."""
        self.best_score, self.last_score = state["best_score"], state["last_score"]
        self.best_weights = state["best_weights"]
        self.stale, self.is_over = state["stale"], state["is_over"]
        self.learner.restore(state)

    def run(self, monitor: Monitor, stop: StopSignal, checkpoint: Checkpoint, board: Board) -> None:
        """Step until the end; on a signal, keep a checkpoint and end."""
        began, first, total = time.monotonic(), self.iteration, self.order.steps
        is_main = self.learner.accelerator.is_main_process
        settings = self.learner.settings
        for batch in self._batches():
            self._stop_if_asked(stop, checkpoint)
            loss = self.learner.step(batch)
            if is_main and self.iteration % REPORT_EVERY == 0:
                monitor.progress(self.iteration / total)
                board.add(self.iteration, loss=loss, learning_rate=self.learner.rate)
            if self.iteration % LOG_EVERY == 0 or self.iteration == total:
                speed = (self.iteration - first) * self._whole_batch / (time.monotonic() - began)
                words = "iteration %d of %d: loss %.3f, %.0f images a second"
                LOG.info(words, self.iteration, total, loss, speed)
            if self.iteration % self.order.steps_in_epoch == 0:
                self._judge(board)
            if is_main and self.iteration % settings.checkpoint_interval == 0:
                checkpoint.save(self)
            if self.is_over:
                break

    @property
    def _whole_batch(self) -> int:
        return self.order.batch_size * self.order.processes

    def _batches(self) -> object:
        """Return the batches that are left."""
        if self.is_over:
            return ()
        left = self.order.batches(self.iteration)
        size, is_pinned = self.learner.settings.image_size, bool(self.machine.gpus)
        workers = self.machine.workers
        return batches(self.samples, size, left, workers=workers, is_pinned=is_pinned)

    def _stop_if_asked(self, stop: StopSignal, checkpoint: Checkpoint) -> None:
        """End all processes at the same step, once a signal has come to one of them."""
        accelerator = self.learner.accelerator
        is_asked = stop.received is not None
        if accelerator.num_processes > 1:
            if self.iteration % REPORT_EVERY:
                return
            asked = torch.tensor(int(stop.received or 0), device=accelerator.device)
            number = int(accelerator.gather(asked).max())
            is_asked, stop.received = number > 0, number or None
        if is_asked and accelerator.is_main_process and self.iteration:
            checkpoint.save(self)
            LOG.info("checkpoint kept at iteration %d of %d", self.iteration, self.order.steps)
        stop.check()

    def _judge(self, board: Board) -> None:
        """Judge the moving average, remember the best, and see whether it is time to end."""
        settings = self.learner.settings
        epoch = self.iteration // self.order.steps_in_epoch
        is_last = epoch == self.order.epochs
        if not is_last and (epoch % settings.evaluate_every or not self.judge.has_images):
            return
        if self.judge.has_images:
            seen = self.judge.judge(self.learner.average.module, self.learner.accelerator)
            LOG.info("epoch %d: AP %.4f, at IoU 0.5 %.4f", epoch, seen.ap, seen.ap50)
            board.add(self.iteration, AP=seen.ap, AP50=seen.ap50)
            self.last_score = seen.ap50
        self.stale += 1
        if self.last_score > self.best_score or not self.best_weights:
            self.best_score, self.stale = self.last_score, 0
            self.best_weights = copy.deepcopy(self.last_weights)
        self.is_over = is_last or bool(settings.patience and self.stale >= settings.patience)
        if self.is_over and not is_last:
            LOG.info("no better for %d judgements: ending early", self.stale)
