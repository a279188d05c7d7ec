"""Trained models as files: safetensors and `config.json`, as transformers reads them anywhere."""

import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import torch
import transformers
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForObjectDetection, PretrainedConfig, PreTrainedModel
from ymir_kit.card import CARD_FILE, Card, read_card
from ymir_kit.errors import Code, ExecutorError
from ymir_kit.outputs import write_yaml

from rtdetr.architecture import configuration
from rtdetr.settings import ARCHITECTURES, TrainingSettings

LOG = logging.getLogger("rtdetr")
transformers.utils.logging.disable_progress_bar()
WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"
OF_CLASSES = ("class_embed", "enc_score_head")  # parts of names of tensors with a row per class
KINDS = {"rt_detr_v2": "rtdetr_v2", "d_fine": "d_fine"}  # transformers' names, and ours
PATIENCE = 10.0  # seconds to reach the hub


@dataclass(frozen=True)
class Model:
    """A network and what it needs to be used again."""

    network: PreTrainedModel
    card: Card


def first_network(settings: TrainingSettings) -> PreTrainedModel:
    """Return the network before the first step: by chance, or from weights that are named."""
    torch.manual_seed(settings.seed)
    if settings.pretrained:
        earlier = load_model(settings.pretrained, "pretrained_model_params")
        return _adopt(earlier.network, earlier.card.class_names, settings.class_names)
    if settings.weights:
        folder = _found(settings.weights)
        network = _open(folder, settings.weights)
        names = [network.config.id2label[index] for index in sorted(network.config.id2label)]
        return _adopt(network, names, settings.class_names)
    return _build(configuration(settings.architecture, settings.size), settings.class_names)


def save_model(model: Model, folder: Path) -> tuple[str, ...]:
    """Write weights, configuration and card; return the names of the files."""
    model.network.save_pretrained(folder)
    write_yaml(folder / CARD_FILE, _card_values(model))
    return (WEIGHTS_FILE, CONFIG_FILE, CARD_FILE)


def load_model(files: Sequence[str], key: str) -> Model:
    """Return the model among `files`, which the config lists under `key`."""
    card = read_card(files, key, ARCHITECTURES)
    weights = [name for name in files if Path(name).name == WEIGHTS_FILE]
    if not weights:
        listed = ", ".join(files) or "none"
        raise ExecutorError(Code.MODEL, f"`{key}` must name a `{WEIGHTS_FILE}`, got: {listed}")
    return Model(_open(Path(weights[0]).parent, weights[0]).eval(), card)


def _build(config: PretrainedConfig, class_names: Sequence[str]) -> PreTrainedModel:
    """Return a network with weights by chance."""
    config.id2label = dict(enumerate(class_names))
    config.label2id = {name: label for label, name in enumerate(class_names)}
    return AutoModelForObjectDetection.from_config(config)


def _open(folder: Path, name: str) -> PreTrainedModel:
    """Return the network that transformers reads from a folder."""
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        network, read = AutoModelForObjectDetection.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ExecutorError(Code.MODEL, f"`{name}` is no RT-DETR model: {reason}") from error
    if config.model_type not in KINDS:
        kinds = ", ".join(KINDS)
        raise ExecutorError(Code.MODEL, f"`{name}` is a {config.model_type}, not one of {kinds}")
    if read["missing_keys"]:
        wrong = ", ".join(sorted(read["missing_keys"])[:3])
        raise ExecutorError(Code.MODEL, f"`{name}` lacks weights: {wrong}, …")
    return network.float()


def _adopt(
    earlier: PreTrainedModel, known: Sequence[str], class_names: Sequence[str]
) -> PreTrainedModel:
    """Return a network for other classes; those known by name keep their rows, others begin."""
    network = _build(type(earlier.config)(**earlier.config.to_dict()), class_names)
    learnt, fresh = dict(earlier.state_dict()), network.state_dict()
    rows = {name: row for row, name in enumerate(known)}
    for key in (key for key in fresh if any(part in key for part in OF_CLASSES)):
        kept = fresh[key].clone()
        for row, name in enumerate(class_names):
            if name in rows:
                kept[row] = learnt[key][rows[name]]
        learnt[key] = kept
    network.load_state_dict(learnt)
    new = [name for name in class_names if name not in rows]
    LOG.info("starting from an earlier model; new classes: %s", ", ".join(new) or "none")
    return network


def _found(weights: str) -> Path:
    """Return the folder of weights that a path or the hub's id names."""
    path = Path(weights)
    if path.is_dir() or path.is_file():
        return path if path.is_dir() else path.parent
    if path.is_absolute() or weights.startswith(".") or weights.count("/") != 1:
        raise ExecutorError(Code.MODEL, f"`weights`: there is no `{weights}`")
    wanted = [WEIGHTS_FILE, CONFIG_FILE]
    try:
        return Path(snapshot_download(weights, allow_patterns=wanted, local_files_only=True))
    except LocalEntryNotFoundError:
        _require_hub(weights)
    try:
        return Path(snapshot_download(weights, allow_patterns=wanted))
    except (OSError, HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ExecutorError(Code.NETWORK, f"cannot download `{weights}`: {reason}") from error


def _require_hub(weights: str) -> None:
    """Say at once that the hub is out of reach; its library would try for half a minute."""
    if any(name.lower().endswith("_proxy") for name in os.environ):
        return
    place = urlsplit(constants.ENDPOINT)
    try:
        socket.create_connection((place.hostname, place.port or 443), PATIENCE).close()
    except OSError as error:
        raise ExecutorError(
            Code.NETWORK,
            f"cannot download `{weights}`: {place.hostname} is out of reach ({error}); "
            "allow the network, or name a folder that holds the weights",
        ) from error


def _card_values(model: Model) -> dict[str, object]:
    """Return what the model is, as plain values."""
    return {
        "detector": KINDS[model.network.config.model_type],
        "class_names": list(model.card.class_names),
        "image_size": model.card.image_size,
    }
