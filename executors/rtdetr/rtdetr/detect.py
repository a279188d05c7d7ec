"""Finding objects: the network on batches of images, the best of its queries in each."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel
from ymir_kit.detections import Detections
from ymir_kit.onnx import OnnxModel

from rtdetr.dataset import Batch
from rtdetr.settings import DetectionSettings

Predict = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""Turns images (N, 3, S, S) uint8 into scores (N, Q, C) in 0..1 and boxes (N, Q, 4) in pixels."""
OUTPUTS = ("probs", "boxes")


class Deployed(nn.Module):
    """The network as it is shipped: images in 0..1 in, scores and boxes in pixels out."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores (N, Q, C) and boxes (N, Q, 4): left, top, right, bottom."""
        seen = self.network(pixel_values=image)
        centre, extent = seen.pred_boxes.float().split(2, -1)
        boxes = torch.cat([centre - extent / 2, centre + extent / 2], -1) * image.shape[-1]
        return seen.logits.float().sigmoid(), boxes


def by_torch(network: PreTrainedModel, device: torch.device, precision: str) -> Predict:
    """Return the network as its weights are."""
    deployed = Deployed(network).to(device).eval()
    number = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)

    def predict(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images = pixels.to(device, non_blocking=True).float().div_(255)
        mixed = torch.autocast(device.type, number, enabled=number is not None)
        with torch.inference_mode(), mixed:
            return deployed(images)

    return predict


def by_onnx(model: OnnxModel) -> Predict:
    """Return the network as its ONNX file says."""

    def predict(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, boxes = model.outputs(OUTPUTS, pixels.float().div_(255).numpy())
        return torch.from_numpy(scores), torch.from_numpy(boxes)

    return predict


def detect(
    predict: Predict, batches: Iterable[Batch], settings: DetectionSettings
) -> Iterator[tuple[Batch, list[Detections]]]:
    """Yield each batch with what is found in its images.

    A batch is handed to the GPU before the one before it is looked at, so that neither waits.
    """
    waiting = None
    for batch in batches:
        running = (batch, predict(batch.pixels))
        if waiting is not None:
            yield waiting[0], _chosen(*waiting[1], settings)
        waiting = running
    if waiting is not None:
        yield waiting[0], _chosen(*waiting[1], settings)


def _chosen(
    scores: torch.Tensor, boxes: torch.Tensor, settings: DetectionSettings
) -> list[Detections]:
    """Return the detections of a batch."""
    rows = zip(scores.cpu().numpy(), boxes.cpu().numpy(), strict=True)
    return [best(*row, settings) for row in rows]


def best(scores: np.ndarray, boxes: np.ndarray, settings: DetectionSettings) -> Detections:
    """Return the best pairs of query and class, of scores (Q, C) and boxes (Q, 4)."""
    queries, labels = np.nonzero(scores > settings.confidence_threshold)
    values = scores[queries, labels]
    order = np.argsort(-values, kind="stable")[: settings.max_detections]
    queries, labels, values = queries[order], labels[order], values[order]
    return Detections(boxes[queries], values, labels, scores[queries])
