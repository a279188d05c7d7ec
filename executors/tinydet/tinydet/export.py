"""The model as ONNX, for runtimes without torch."""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import torch
from torch import nn

from tinydet.detect import fused
from tinydet.network import Network
from tinydet.weights import Model

LARGEST_BATCH = 1024


class Deployed(nn.Module):
    """The network as it is shipped: images in, scores instead of logits out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = fused(network)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn images (N, 3, S, S) in 0..1 into scores (N, A, C) and boxes (N, A, 4)."""
        logits, boxes = self.network(image)
        return logits.sigmoid(), boxes


def write_onnx(model: Model, path: Path) -> None:
    """Write `image` -> `probs`, `boxes` for batches of any size at the model's image size."""
    example = torch.zeros(2, 3, model.image_size, model.image_size)
    batch = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision; we do not
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # about the exporter's own workings
        program = torch.onnx.export(
            Deployed(model.network).eval(),
            (example,),
            input_names=["image"],
            output_names=["probs", "boxes"],
            dynamic_shapes={"image": {0: batch}},
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the exporter gave no ONNX program")
    for node in program.model.graph:
        node.metadata_props.clear()  # stack traces: the paths of this machine
    program.save(str(path), external_data=False)
