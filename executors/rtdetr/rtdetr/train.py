"""The training task: from an index of labelled images to stages of model files."""

import copy
import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import transformers
from transformers import PreTrainedModel
from ymir_kit.card import Card
from ymir_kit.checkpoint import Checkpoint
from ymir_kit.contract import Environment, read_labelled_index
from ymir_kit.outputs import (
    BEST_STAGE,
    LAST_STAGE,
    Stage,
    stage_folder,
    training_result,
    write_yaml,
)
from ymir_kit.pytorch import TorchFile
from ymir_kit.task import Task

from rtdetr import processes
from rtdetr import settings as parameters
from rtdetr.board import Board
from rtdetr.course import Course
from rtdetr.dataset import Sample, digest, read_samples, require_objects
from rtdetr.export import checked, write_onnx
from rtdetr.judge import Judge
from rtdetr.learner import Learner
from rtdetr.order import Order
from rtdetr.settings import Machine, TrainingSettings
from rtdetr.weights import Model, first_network, save_model

LOG = logging.getLogger("rtdetr")
ONNX_FILE = "rtdetr.onnx"
CODE_VERSION = "1"  # raised when the same recipe comes to give other weights
UNSEEN_IN_WEIGHTS = ("pretrained", "resume_from", "checkpoint_interval", "export_onnx")
COMPARED_IMAGES = 16  # on which the ONNX file has to agree


@dataclass(frozen=True)
class Data:
    """What a training reads."""

    training: Sequence[Sample]
    validation: Sequence[Sample]


def run_training(task: Task) -> None:
    """Train, judge on the validation index, and write the stages and `result.yaml`."""
    if processes.index():
        LOG.setLevel(logging.WARNING)  # the first of several processes says it all
    settings = parameters.training(task.config)
    machine = parameters.machine(task.config)
    data = _read(task.environment, settings)
    network = first_network(settings)
    checkpoint = Checkpoint(
        task.environment.output_folder / "checkpoint",
        _fingerprint(settings, data, network),
        TorchFile(),
    )
    course = _course(network, settings, machine, data)
    checkpoint.restore(course, settings.resume_from)
    accelerator = course.learner.accelerator
    board = Board(task.environment.output_folder / "tensorboard", accelerator.is_main_process)
    try:
        course.run(task.monitor.share(0.02, 0.9), task.stop, checkpoint, board)
    finally:
        board.close()
    if accelerator.is_main_process:
        task.stop.check()
        _publish(task.environment, course, settings)
        checkpoint.remove()
        task.monitor.progress(1.0)
    accelerator.end_training()


def _read(environment: Environment, settings: TrainingSettings) -> Data:
    """Return the labelled images of both indices."""
    training, validation = (
        read_samples(read_labelled_index(file), settings.annotation_format, settings.class_names)
        for file in (environment.training_index_file, environment.val_index_file)
    )
    require_objects(training)
    count = sum(len(sample.boxes) for sample in training)
    words = "%d training images, %d objects, %d validation images"
    LOG.info(words, len(training), count, len(validation))
    if not validation:
        LOG.warning("no validation images: nothing to stop early on, the mAP is given as 0")
    return Data(training, validation)


def _course(
    network: PreTrainedModel, settings: TrainingSettings, machine: Machine, data: Data
) -> Course:
    """Return the training before its first step."""
    order = Order(
        len(data.training),
        settings.batch_size,
        settings.epochs,
        settings.seed,
        processes.index(),
        processes.count(),
    )
    learner = Learner(network, settings, machine, order.steps)
    judge = Judge(data.validation, settings, machine)
    return Course(learner, order, judge, data.training, machine)


def _fingerprint(settings: TrainingSettings, data: Data, network: PreTrainedModel) -> str:
    """Return a hash of what fixes the weights: parameters, data, start, libraries."""
    recipe = {key: value for key, value in asdict(settings).items() if key not in UNSEEN_IN_WEIGHTS}
    found = hashlib.blake2b(json.dumps(recipe, sort_keys=True).encode(), digest_size=16)
    versions = f"{CODE_VERSION} {torch.__version__} {transformers.__version__} {processes.count()}"
    found.update(f"{versions} {digest(data.training)} {digest(data.validation)}".encode())
    for tensor in network.state_dict().values():
        found.update(tensor.cpu().contiguous().numpy())
    return found.hexdigest()


def _publish(environment: Environment, course: Course, settings: TrainingSettings) -> None:
    """Write the models' files and, last, the result that lists them."""
    card = Card(settings.class_names, settings.image_size)
    network = course.learner.average.module.cpu().eval()
    wanted = [
        (BEST_STAGE, course.best_weights, course.best_score),
        (LAST_STAGE, copy.deepcopy(network.state_dict()), course.last_score),
    ]
    stages = []
    for name, weights, score in wanted[: 1 if environment.speaks_old_protocol else 2]:
        network.load_state_dict(weights)
        model = Model(network, card)
        folder = stage_folder(environment, name)
        files = [*save_model(model, folder)]
        if settings.export_onnx:
            files += _onnx(model, folder, course.judge)
        stages.append(Stage(name, tuple(files), score, int(time.time())))
    result = training_result(stages, old_protocol=environment.speaks_old_protocol)
    write_yaml(environment.training_result_file, result)


def _onnx(model: Model, folder: Path, judge: Judge) -> list[str]:
    """Write the ONNX file; return its name if it says what the model says."""
    path = folder / ONNX_FILE
    write_onnx(model, path)
    images = judge.some_images(COMPARED_IMAGES) or list(
        torch.randint(0, 256, (2, 3, model.card.image_size, model.card.image_size)).byte()
    )
    if checked(model, path, images):
        return [ONNX_FILE]
    path.unlink()
    return []
