"""A trained TinyDet that looks at candidates, from its weights or from its ONNX file."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch
from ymir_kit.card import Card, read_card
from ymir_kit.config import runtime
from ymir_kit.detections import Look
from ymir_kit.images import read_pictures
from ymir_kit.onnx import OnnxModel
from ymir_kit.task import Task

from tinydet import settings as parameters
from tinydet.detect import Detector, Predict, by_onnx, by_torch
from tinydet.device import prepare
from tinydet.weights import DETECTOR, load_model

MODEL_KEY = "model_params_path"


class Eye:
    """Looks at images as `config.yaml` says; see `ymir_kit.prediction`."""

    def __init__(self, task: Task) -> None:
        settings = parameters.detection(task.config)
        self._machine = parameters.machine(task.config)
        device = prepare(self._machine)
        predict, card = self._open(task, device)
        self._detector = Detector(predict, settings, device)
        self._image_size = card.image_size
        self.class_names = card.class_names
        self.confidence_threshold = settings.confidence_threshold
        self.batch_size = settings.batch_size

    def looks(self, candidates: Sequence[str]) -> Iterator[Look]:
        """Yield what the model sees in each candidate, in their order."""
        paths = [Path(image) for image in candidates]
        pictures = read_pictures(paths, self._image_size, self._machine.threads)
        names = iter(candidates)
        while batch := list(islice(pictures, self.batch_size)):
            stacked = torch.stack([torch.from_numpy(picture.pixels) for picture in batch])
            found = self._detector.detect(stacked.permute(0, 3, 1, 2))
            for picture, seen in zip(batch, found, strict=True):
                yield Look(next(names), seen, picture.scale, picture.width, picture.height)

    def _open(self, task: Task, device: torch.device) -> tuple[Predict, Card]:
        """Return the model that the configuration lists, and what it is."""
        files = task.config.texts(MODEL_KEY)
        if runtime(task.config) == "onnx":
            card = read_card(files, MODEL_KEY, [DETECTOR])
            machine = self._machine
            return by_onnx(OnnxModel(files, MODEL_KEY, machine.threads, machine.gpu)), card
        model = load_model(files, MODEL_KEY)
        card = Card(model.class_names, model.image_size)
        return by_torch(model.network, self._machine, device), card
