"""Trained weights as a file: safetensors, which holds numbers and text but no code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from ymir_kit.errors import Code, ExecutorError

from tinydet.network import Architecture, Network

SUFFIX = ".safetensors"
CARD_KEY = DETECTOR = "tinydet"
HEAD = ("classify.weight", "classify.bias")


@dataclass(frozen=True)
class Model:
    """A network and what it needs to be used again."""

    network: Network
    class_names: tuple[str, ...]
    image_size: int  # pixels, side of the square it was trained for


def card(model: Model) -> dict[str, object]:
    """Return what the model is, as plain values."""
    return {
        "detector": "tinydet",
        "class_names": list(model.class_names),
        "image_size": model.image_size,
        "architecture": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(model.network.architecture).items()
        },
    }


def save_model(model: Model, path: Path) -> None:
    """Write the weights and, in their header, the model's card: same model, same bytes."""
    tensors = {
        name: tensor.detach().to("cpu").contiguous()
        for name, tensor in model.network.state_dict().items()
    }
    # One key only: the order of several would not be fixed.
    path.write_bytes(save(tensors, {CARD_KEY: json.dumps(card(model), sort_keys=True)}))


def load_model(files: Sequence[str], key: str) -> Model:
    """Return the model among `files`, which the config lists under `key`."""
    names = [name for name in files if name.endswith(SUFFIX)]
    if not names:
        raise ExecutorError(
            Code.MODEL, f"`{key}` must name a `*{SUFFIX}` file, got: {', '.join(files) or 'none'}"
        )
    path = Path(names[0])
    try:
        with safe_open(path, "pt") as file:
            values = json.loads((file.metadata() or {})[CARD_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        return _rebuild(values, tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ExecutorError(Code.MODEL, f"`{path}` is no TinyDet model: {reason}") from error


def adopt(network: Network, class_names: Sequence[str], earlier: Model) -> tuple[str, ...]:
    """Copy an earlier model's weights into `network`; return the classes it did not know.

    Scores of classes known by name are copied row by row, new classes keep their first guess.
    """
    learnt = earlier.network.state_dict()
    fresh = network.state_dict()
    known = {name: row for row, name in enumerate(earlier.class_names)}
    for key in HEAD:
        rows = fresh[key].clone()
        for row, name in enumerate(class_names):
            if name in known:
                rows[row] = learnt[key][known[name]]
        learnt[key] = rows
    try:
        network.load_state_dict(learnt)
    except RuntimeError as error:
        raise ExecutorError(
            Code.MODEL, "the pretrained model has another architecture; train without it"
        ) from error
    return tuple(name for name in class_names if name not in known)


def _rebuild(values: Mapping[str, object], tensors: Mapping[str, torch.Tensor]) -> Model:
    """Return the model that a card and its tensors describe."""
    shape = values["architecture"]
    if not isinstance(shape, dict):
        raise TypeError("its architecture is no mapping")
    architecture = Architecture(
        int(shape["classes"]), tuple(shape["channels"]), tuple(shape["blocks"])
    )
    network = Network(architecture)
    network.load_state_dict(dict(tensors))
    names = values["class_names"]
    if not isinstance(names, list) or len(names) != architecture.classes:
        raise ValueError("its class names do not match its weights")
    return Model(network.eval(), tuple(map(str, names)), int(str(values["image_size"])))
