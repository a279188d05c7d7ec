"""Finding objects: the network on batches of images, then non-maximum suppression."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval
from ymir_kit.detections import Detections
from ymir_kit.onnx import OnnxModel

from tinydet.device import autocast
from tinydet.network import STRIDE, ConvNorm, Network
from tinydet.settings import DetectionSettings, Machine

CANDIDATES = 300  # best predictions of an image that are looked at
FAR = 8192.0  # pixels; boxes of different classes are moved apart, so that they never overlap


Predict = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""Turns images (N, 3, S, S) in 0..1 into scores (N, A, C) in 0..1 and boxes (N, A, 4)."""


class Detector:
    """A model made ready to look at many images."""

    def __init__(self, predict: Predict, settings: DetectionSettings, device: torch.device) -> None:
        self._predict = predict
        self._settings = settings
        self._device = device

    def detect(self, pixels: torch.Tensor) -> list[Detections]:
        """Return what is found in images (N, 3, S, S) uint8, in pixels of their squares."""
        batches = pixels.split(self._settings.batch_size)
        return [found for batch in batches for found in self._detect_batch(batch)]

    @torch.inference_mode()
    def _detect_batch(self, pixels: torch.Tensor) -> list[Detections]:
        """Return the detections of one batch."""
        images = pixels.to(self._device).float().div_(255)
        scores, boxes = self._predict(images)
        if self._settings.flip_test:
            mirrored = _mirror_back(*self._predict(images.flip(-1)), images.shape[-1])
            scores, boxes = (scores + mirrored[0]) / 2, (boxes + mirrored[1]) / 2
        found = zip(scores.cpu().numpy(), boxes.cpu().numpy(), strict=True)
        return [suppress(*predictions, self._settings) for predictions in found]


def by_torch(network: Network, machine: Machine, device: torch.device) -> Predict:
    """Return the network as its weights are."""
    network = fused(network).to(device, memory_format=torch.channels_last)
    mixed = autocast(machine, device)

    def predict(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with mixed:
            logits, boxes = network(images.contiguous(memory_format=torch.channels_last))
        return logits.sigmoid(), boxes

    return predict


def by_onnx(model: OnnxModel) -> Predict:
    """Return the network as its ONNX file says."""

    def predict(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        probs, boxes = model.outputs(["probs", "boxes"], images.cpu().numpy())
        return torch.from_numpy(probs), torch.from_numpy(boxes)

    return predict


def fused(network: Network) -> Network:
    """Return a copy whose normalisations are part of their convolutions: same output, less work."""
    copied = copy.deepcopy(network).eval()
    for module in copied.modules():
        if isinstance(module, ConvNorm):
            module[0] = fuse_conv_bn_eval(module[0], module[1])
            module[1] = torch.nn.Identity()
    return copied


def suppress(scores: np.ndarray, boxes: np.ndarray, settings: DetectionSettings) -> Detections:
    """Keep the best of overlapping predictions, class by class: scores (A, C), boxes (A, 4)."""
    places, labels = np.nonzero(scores > settings.confidence_threshold)
    values = scores[places, labels]
    order = np.argsort(-values, kind="stable")[:CANDIDATES]
    places, labels, values = places[order], labels[order], values[order]
    apart = boxes[places] + (labels * FAR)[:, None].astype(np.float32)
    kept = _unsuppressed(_overlaps(apart), settings)
    places, labels, values = places[kept], labels[kept], values[kept]
    return Detections(boxes[places], values, labels, scores[places])


def _unsuppressed(overlaps: np.ndarray, settings: DetectionSettings) -> list[int]:
    """Return the rows, best first, that no better kept row overlaps too much."""
    blocks = overlaps > settings.overlap_threshold
    is_free = np.ones(len(blocks), bool)
    kept: list[int] = []
    for row in range(len(blocks)):
        if is_free[row]:
            kept.append(row)
            if len(kept) == settings.max_detections:
                break
            is_free &= ~blocks[row]
    return kept


def _overlaps(boxes: np.ndarray) -> np.ndarray:
    """Return the intersection over union (K, K) of boxes (K, 4) with each other."""
    left, top, right, bottom = boxes.T
    across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    down = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    area = (right - left) * (bottom - top)
    return shared / (np.add.outer(area, area) - shared + 1e-9)


def _mirror_back(
    scores: torch.Tensor, boxes: torch.Tensor, side: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return predictions of mirrored squares in the places and pixels of the squares themselves."""
    left, top, right, bottom = boxes.unbind(-1)
    boxes = torch.stack([side - right, top, side - left, bottom], -1)
    cells = side // STRIDE
    return tuple(part.unflatten(1, (-1, cells)).flip(2).flatten(1, 2) for part in (scores, boxes))
