"""The model as ONNX, for runtimes without torch; one that disagrees is not shipped."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from ymir_kit.detections import Detections
from ymir_kit.onnx import INPUT, OnnxModel

from rtdetr.detect import OUTPUTS, Deployed, best, by_onnx, by_torch
from rtdetr.settings import DetectionSettings
from rtdetr.weights import Model

LOG = logging.getLogger("rtdetr")
OPSET = 17
SCORE_TOLERANCE = 0.01
BOX_TOLERANCE = 0.005  # of the square's side: 3 pixels of 640
COMPARED = DetectionSettings(confidence_threshold=0.05)
RANKED = 20  # best scores of an image that have to agree, however low they are


@dataclass(frozen=True)
class Disagreement:
    """The largest differences between two sets of detections, and how many have no partner."""

    score: float = 0.0
    box: float = 0.0  # in shares of the side
    lonely: int = 0

    @property
    def is_tolerable(self) -> bool:
        """Whether both say the same, within what is stated above."""
        is_near = self.score <= SCORE_TOLERANCE and self.box <= BOX_TOLERANCE
        return is_near and not self.lonely


def write_onnx(model: Model, path: Path) -> None:
    """Write `image` -> `probs`, `boxes` for batches of any size at the model's image size."""
    example = torch.rand(2, 3, model.card.image_size, model.card.image_size)
    any_batch = {name: {0: "batch"} for name in (INPUT, *OUTPUTS)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # about the exporter's own workings
        torch.onnx.export(
            Deployed(model.network).eval(),
            (example,),
            str(path),
            dynamo=False,  # the newer exporter fails on a batch of any size
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes=any_batch,
        )


def disagreement(model: Model, path: Path, pixels: torch.Tensor) -> Disagreement:
    """Show the same images (N, 3, S, S) uint8 to the model and to its ONNX file."""
    native = by_torch(model.network, torch.device("cpu"), "no")
    onnx = by_onnx(OnnxModel([str(path)], "", torch.get_num_threads(), None))
    worst = Disagreement()
    for image in pixels.split(1):
        mine, theirs = native(image), onnx(image)
        worst = _worse(worst, compare(_found(mine), _found(theirs), pixels.shape[-1]))
        ranked = (_ranked(mine[0]) - _ranked(theirs[0])).abs().max()
        worst = _worse(worst, Disagreement(score=float(ranked)))
    return worst


def compare(mine: Detections, theirs: Detections, side: int) -> Disagreement:
    """Give each detection the nearest of its class on the other side; the order does not count.

    Those near the threshold may be on one side only.
    """
    scores, boxes, lonely = [0.0], [0.0], 0
    for one, other in ((mine, theirs), (theirs, mine)):
        for box, score, label in zip(one.boxes, one.scores, one.labels, strict=True):
            partner = _partner(box, score, other, label)
            if partner is not None:
                scores.append(abs(float(other.scores[partner] - score)))
                boxes.append(float(np.abs(other.boxes[partner] - box).max()) / side)
            elif score > COMPARED.confidence_threshold + SCORE_TOLERANCE:
                lonely += 1
    return Disagreement(max(scores), max(boxes), lonely)


def _partner(box: np.ndarray, score: float, others: Detections, label: int) -> int | None:
    """Return the detection that is most like this one, None when none is of its class."""
    rows = np.flatnonzero(others.labels == label)
    if not rows.size:
        return None
    distance = np.abs(others.boxes[rows] - box).max(1) + np.abs(others.scores[rows] - score)
    return int(rows[distance.argmin()])


def _found(predictions: tuple[torch.Tensor, torch.Tensor]) -> Detections:
    scores, boxes = predictions
    return best(scores[0].numpy(), boxes[0].numpy(), COMPARED)


def _ranked(scores: torch.Tensor) -> torch.Tensor:
    """Return the best scores of an image, best first."""
    return scores.flatten().topk(min(RANKED, scores.numel())).values


def _worse(one: Disagreement, other: Disagreement) -> Disagreement:
    return Disagreement(
        max(one.score, other.score), max(one.box, other.box), one.lonely + other.lonely
    )


def checked(model: Model, path: Path, images: Sequence[torch.Tensor]) -> bool:
    """Whether the file may be shipped; the log says how far it is from the model."""
    found = disagreement(model, path, torch.stack(list(images)))
    LOG.info(
        "ONNX against the weights: scores within %.2g, boxes within %.2g of the side, %d lonely",
        found.score,
        found.box,
        found.lonely,
    )
    if not found.is_tolerable:
        LOG.warning("the ONNX file disagrees with the model: it is left out")
    return found.is_tolerable
