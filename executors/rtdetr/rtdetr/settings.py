"""The parameters of each task, read from `config.yaml` and checked."""

import os
from dataclasses import dataclass
from pathlib import Path

from ymir_kit import config as shared
from ymir_kit.config import Config

GRID = 32  # pixels; the deepest feature map has one cell for so many
ARCHITECTURES = ("rtdetr_v2", "d_fine")
SIZES = ("tiny", "s", "m", "l")
MIXED_PRECISIONS = ("auto", "bf16", "fp16", "no")


@dataclass(frozen=True)
class Machine:
    """Where to calculate: GPUs by their index inside the container, none for the CPU."""

    gpus: tuple[int, ...]
    threads: int  # of the CPU, for torch
    workers: int  # processes that read images
    mixed_precision: str


@dataclass(frozen=True)
class TrainingSettings:
    """The parameters of a training; together with the data they fix the weights on a CPU."""

    class_names: tuple[str, ...]
    annotation_format: str
    pretrained: tuple[str, ...]
    weights: str
    resume_from: Path | None
    architecture: str
    size: str
    image_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    backbone_rate: float
    weight_decay: float
    warm_up: int
    longest_gradient: float
    average_decay: float
    augmentation: float
    patience: int
    evaluate_every: int
    seed: int
    checkpoint_interval: int
    export_onnx: bool


@dataclass(frozen=True)
class DetectionSettings:
    """The parameters of finding objects in images."""

    batch_size: int = 16
    confidence_threshold: float = 0.05
    max_detections: int = 100


def machine(config: Config) -> Machine:
    """Return where the platform wants the work done."""
    cores = os.cpu_count() or 1
    return Machine(
        gpus=shared.gpus(config),
        threads=min(config.integer("threads", 4, at_least=1), cores),
        workers=min(config.integer("workers", 4), cores),
        mixed_precision=config.choice("mixed_precision", "auto", MIXED_PRECISIONS),
    )


def training(config: Config) -> TrainingSettings:
    """Return the checked parameters of a training."""
    return TrainingSettings(
        class_names=shared.class_names(config),
        annotation_format=shared.annotation_format(config),
        pretrained=config.texts("pretrained_model_params"),
        weights=config.text("weights", ""),
        resume_from=shared.resume_from(config),
        architecture=config.choice("architecture", "rtdetr_v2", ARCHITECTURES),
        size=config.choice("size", "s", SIZES),
        image_size=config.integer("image_size", 640, at_least=2 * GRID, multiple_of=GRID),
        epochs=config.integer("epochs", 72, at_least=1),
        batch_size=config.integer("batch_size", 16, at_least=1),
        learning_rate=config.number("learning_rate", 0.0002),
        backbone_rate=config.number("backbone_rate", 0.1, at_most=10.0),
        weight_decay=config.number("weight_decay", 0.0001),
        warm_up=config.integer("warm_up", 200),
        longest_gradient=config.number("longest_gradient", 0.1),
        average_decay=config.number("average_decay", 0.9998, at_most=0.99999),
        augmentation=config.number("augmentation", 1.0, at_most=1.0),
        patience=config.integer("patience", 15),
        evaluate_every=config.integer("evaluate_every", 1, at_least=1),
        seed=config.integer("seed", 0),
        checkpoint_interval=config.integer("checkpoint_interval", 500, at_least=1),
        export_onnx=config.boolean("export_onnx", True),
    )


def detection(config: Config) -> DetectionSettings:
    """Return the checked parameters of detection."""
    default = DetectionSettings()
    return DetectionSettings(
        batch_size=config.integer("batch_size", default.batch_size, at_least=1),
        confidence_threshold=config.number(
            "confidence_threshold", default.confidence_threshold, at_most=1.0
        ),
        max_detections=config.integer("max_detections", default.max_detections, at_least=1),
    )
