"""The parameters of each task, read from `config.yaml` and checked."""

import os
from dataclasses import dataclass
from pathlib import Path

from ymir_kit import config as shared
from ymir_kit.config import Config

GRID = 16  # pixels; the deepest feature map has one cell for so many


@dataclass(frozen=True)
class Machine:
    """Where to calculate: threads of the CPU, or a GPU by its index inside the container."""

    threads: int
    gpu: int | None
    mixed_precision: str


@dataclass(frozen=True)
class TrainingSettings:
    """The parameters of a training; together with data and machine they fix every byte."""

    class_names: tuple[str, ...]
    annotation_format: str
    pretrained: tuple[str, ...]
    resume_from: Path | None
    iterations: int
    batch_size: int
    learning_rate: float
    image_size: int
    crop: int
    seed: int
    checkpoint_interval: int
    export_onnx: bool


@dataclass(frozen=True)
class DetectionSettings:
    """The parameters of finding objects in images."""

    batch_size: int = 32
    confidence_threshold: float = 0.05
    overlap_threshold: float = 0.55
    max_detections: int = 100
    flip_test: bool = True


MIXED_PRECISIONS = ("auto", "always", "never")


def machine(config: Config) -> Machine:
    """Return where the platform wants the work done."""
    gpus = shared.gpus(config)
    threads = config.integer("threads", 1, at_least=1)
    mixed = config.choice("mixed_precision", "auto", MIXED_PRECISIONS)
    return Machine(min(threads, os.cpu_count() or 1), gpus[0] if gpus else None, mixed)


def training(config: Config) -> TrainingSettings:
    """Return the checked parameters of a training."""
    image_size = config.integer("image_size", 192, at_least=2 * GRID, multiple_of=GRID)
    crop = config.integer("crop", 96, at_least=2 * GRID, multiple_of=GRID)
    return TrainingSettings(
        class_names=shared.class_names(config),
        annotation_format=shared.annotation_format(config),
        pretrained=config.texts("pretrained_model_params"),
        resume_from=shared.resume_from(config),
        iterations=config.integer("iterations", 800, at_least=2),
        batch_size=config.integer("batch_size", 16, at_least=2),
        learning_rate=config.number("learning_rate", 0.005),
        image_size=image_size,
        crop=min(image_size, crop),
        seed=config.integer("seed", 0),
        checkpoint_interval=config.integer("checkpoint_interval", 100, at_least=1),
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
        overlap_threshold=config.number(
            "overlap_threshold", default.overlap_threshold, at_most=1.0
        ),
        max_detections=config.integer("max_detections", default.max_detections, at_least=1),
        flip_test=config.boolean("flip_test", default.flip_test),
    )
