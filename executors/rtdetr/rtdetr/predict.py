"""A trained model that looks at candidates, from its weights or from its ONNX file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ymir_kit.card import Card, read_card
from ymir_kit.config import runtime
from ymir_kit.detections import Look
from ymir_kit.onnx import OnnxModel
from ymir_kit.task import Task

from rtdetr import settings as parameters
from rtdetr.dataset import Sample, batches, in_order
from rtdetr.detect import Predict, by_onnx, by_torch, detect
from rtdetr.device import device_of, precision_of, prepare
from rtdetr.settings import ARCHITECTURES
from rtdetr.weights import load_model

MODEL_KEY = "model_params_path"


class Eye:
    """Looks at images as `config.yaml` says; see `ymir_kit.prediction`."""

    def __init__(self, task: Task) -> None:
        self._settings = parameters.detection(task.config)
        self._machine = parameters.machine(task.config)
        prepare(self._machine)
        self._predict, card = self._open(task)
        self._image_size = card.image_size
        self.class_names = card.class_names
        self.confidence_threshold = self._settings.confidence_threshold
        self.batch_size = self._settings.batch_size

    def looks(self, candidates: Sequence[str]) -> Iterator[Look]:
        """Yield what the model sees in each candidate, in their order."""
        samples = [Sample(Path(image)) for image in candidates]
        read = batches(
            samples,
            self._image_size,
            in_order(len(samples), self.batch_size),
            workers=self._machine.workers,
            is_pinned=bool(self._machine.gpus),
        )
        names = iter(candidates)
        for batch, found in detect(self._predict, read, self._settings):
            rows = zip(found, batch.scales.tolist(), batch.sizes.tolist(), strict=True)
            for seen, scale, (width, height) in rows:
                yield Look(next(names), seen, scale, width, height)

    def _open(self, task: Task) -> tuple[Predict, Card]:
        """Return the model that the configuration lists, and what it is."""
        files, machine = task.config.texts(MODEL_KEY), self._machine
        if runtime(task.config) == "onnx":
            card = read_card(files, MODEL_KEY, ARCHITECTURES)
            gpu = machine.gpus[0] if machine.gpus else None
            return by_onnx(OnnxModel(files, MODEL_KEY, machine.threads, gpu)), card
        model = load_model(files, MODEL_KEY)
        return by_torch(model.network, device_of(machine), precision_of(machine)), model.card
