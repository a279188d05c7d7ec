"""How good the moving average is on the validation images, looked at by all processes together."""

import logging
from collections.abc import Sequence

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from transformers import PreTrainedModel
from ymir_kit.detections import Detections
from ymir_kit.outputs import JUDGED

from rtdetr.dataset import Batch, Sample, batches, in_order
from rtdetr.detect import by_torch, detect
from rtdetr.device import precision_of
from rtdetr.evaluate import Quality, Truth, quality
from rtdetr.settings import DetectionSettings, Machine, TrainingSettings

LOG = logging.getLogger("rtdetr")


class Judge:
    """Knows the validation images."""

    def __init__(
        self, samples: Sequence[Sample], settings: TrainingSettings, machine: Machine
    ) -> None:
        self._samples = samples
        self._settings = settings
        self._machine = machine
        self._look = DetectionSettings(settings.batch_size, JUDGED["conf_thr"])

    @property
    def has_images(self) -> bool:
        """Whether there is anything to judge by."""
        return bool(self._samples)

    def some_images(self, count: int) -> list[torch.Tensor]:
        """Return the first few images (3, S, S) uint8, as the network gets them."""
        read = self._batches(self._samples[:count], workers=0)
        return [image for batch in read for image in batch.pixels]

    def judge(self, network: PreTrainedModel, accelerator: Accelerator) -> Quality:
        """Return the quality; each process looks at its share of the images."""
        share = self._samples[accelerator.process_index :: accelerator.num_processes]
        predict = by_torch(network, accelerator.device, precision_of(self._machine))
        found, truth = [], []
        read = self._batches(share, workers=self._machine.workers)
        for batch, detections in detect(predict, read, self._look):
            found += detections
            truth += _truth(batch)
        pairs: list[tuple[Detections, Truth]] = list(zip(found, truth, strict=True))
        if accelerator.num_processes > 1:
            pairs = gather_object(pairs)
        return quality(
            [seen for seen, _ in pairs], [known for _, known in pairs], len(self._classes)
        )

    @property
    def _classes(self) -> tuple[str, ...]:
        return self._settings.class_names

    def _batches(self, samples: Sequence[Sample], workers: int) -> Sequence[Batch]:
        order = in_order(len(samples), self._settings.batch_size)
        size, is_pinned = self._settings.image_size, bool(self._machine.gpus)
        return batches(samples, size, order, workers=workers, is_pinned=is_pinned)


def _truth(batch: Batch) -> list[Truth]:
    """Return the objects of each image, in pixels of the square."""
    objects = batch.objects
    rows = zip(objects.boxes, objects.labels, objects.present, strict=True)
    return [Truth(box[kept].numpy(), label[kept].numpy()) for box, label, kept in rows]
