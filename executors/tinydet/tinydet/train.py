"""The training task: from an index of labelled images to a stage of model files."""

import hashlib
import json
import logging
import time
from dataclasses import asdict
from pathlib import Path

import torch
from ymir_kit.card import CARD_FILE
from ymir_kit.checkpoint import Checkpoint
from ymir_kit.contract import Environment, read_labelled_index
from ymir_kit.outputs import (
    BEST_STAGE,
    JUDGED,
    Monitor,
    Stage,
    stage_folder,
    training_result,
    write_yaml,
)
from ymir_kit.pytorch import TorchFile
from ymir_kit.stopping import StopSignal
from ymir_kit.task import Task

from tinydet import settings as parameters
from tinydet.dataset import LabelledImages, read_labelled_images, require_objects
from tinydet.detect import Detector, by_torch
from tinydet.device import autocast, prepare
from tinydet.evaluate import mean_average_precision
from tinydet.export import write_onnx
from tinydet.learner import Learner
from tinydet.network import Architecture, Network
from tinydet.settings import DetectionSettings, Machine, TrainingSettings
from tinydet.weights import Model, adopt, card, load_model, save_model

LOG = logging.getLogger("tinydet")
WEIGHTS_FILE, ONNX_FILE = "tinydet.safetensors", "tinydet.onnx"
LOG_EVERY = 50  # iterations
CODE_VERSION = "1"  # raised when the same recipe comes to give other weights
UNSEEN_IN_WEIGHTS = ("pretrained", "resume_from", "checkpoint_interval", "export_onnx")


def run_training(task: Task) -> None:
    """Train, judge on the validation index, and write the stage and `result.yaml`."""
    environment, monitor = task.environment, task.monitor
    settings = parameters.training(task.config)
    machine = parameters.machine(task.config)
    device = prepare(machine)
    network = _first_network(settings)
    images = _read_images(environment.training_index_file, settings, machine)
    require_objects(images)
    _warn_about_large_objects(images, settings)
    validation = _read_images(environment.val_index_file, settings, machine)
    LOG.info(
        "%d training images, %d objects, %d validation images",
        len(images),
        int(images.objects.present.sum()),
        len(validation),
    )
    learner = Learner(network, settings, device)
    checkpoint = Checkpoint(
        environment.output_folder / "checkpoint",
        _fingerprint(settings, images, network),
        TorchFile(),
    )
    checkpoint.restore(learner, settings.resume_from)
    _learn(learner, images, machine, checkpoint, monitor.share(0.05, 0.9), task.stop)
    model = Model(
        learner.average.network.to("cpu").eval(), settings.class_names, settings.image_size
    )
    quality = _judge(model, validation, machine, device)
    monitor.progress(0.95)
    task.stop.check()
    _publish(environment, model, quality, with_onnx=settings.export_onnx)
    checkpoint.remove()
    monitor.progress(1.0)


def _read_images(
    index_file: Path | None, settings: TrainingSettings, machine: Machine
) -> LabelledImages:
    """Return the labelled images of an index."""
    return read_labelled_images(
        read_labelled_index(index_file),
        settings.annotation_format,
        settings.class_names,
        settings.image_size,
        machine.threads,
    )


def _warn_about_large_objects(images: LabelledImages, settings: TrainingSettings) -> None:
    """Say so when objects cannot be learnt because no training crop shows them whole."""
    boxes = images.objects.boxes[images.objects.present]
    too_large = int(((boxes[:, 2:] - boxes[:, :2]).amax(1) > settings.crop).sum())
    if too_large:
        LOG.warning("%d of %d objects are larger than `crop`: raise it", too_large, len(boxes))


def _first_network(settings: TrainingSettings) -> Network:
    """Return the network before the first step: random, or an earlier model's weights."""
    torch.manual_seed(settings.seed)
    network = Network(Architecture(len(settings.class_names)))
    if settings.pretrained:
        earlier = load_model(settings.pretrained, "pretrained_model_params")
        unknown = adopt(network, settings.class_names, earlier)
        LOG.info("starting from an earlier model; new classes: %s", ", ".join(unknown) or "none")
    return network


def _fingerprint(settings: TrainingSettings, images: LabelledImages, network: Network) -> str:
    """Return a hash of what fixes the weights: parameters, data, start, library."""
    recipe = {key: value for key, value in asdict(settings).items() if key not in UNSEEN_IN_WEIGHTS}
    digest = hashlib.blake2b(json.dumps(recipe, sort_keys=True).encode(), digest_size=16)
    digest.update(images.digest().encode())
    digest.update(f"{CODE_VERSION} {torch.__version__}".encode())
    for tensor in network.state_dict().values():
        digest.update(tensor.cpu().contiguous().numpy())
    return digest.hexdigest()


def _learn(
    learner: Learner,
    images: LabelledImages,
    machine: Machine,
    checkpoint: Checkpoint,
    monitor: Monitor,
    stop: StopSignal,
) -> None:
    """Step until the last iteration; on a signal, keep a checkpoint and end."""
    total = learner.settings.iterations
    mixed = autocast(machine, learner.device)
    while learner.iteration < total:
        if stop.received is not None:
            checkpoint.save(learner)
            LOG.info("checkpoint kept at iteration %d of %d", learner.iteration, total)
        stop.check()
        loss = learner.step(images, mixed)
        if learner.iteration % LOG_EVERY == 0 or learner.iteration == total:
            LOG.info("iteration %d of %d: loss %.3f", learner.iteration, total, loss)
        if learner.iteration % 10 == 0:
            monitor.progress(learner.iteration / total)
        if learner.iteration % learner.settings.checkpoint_interval == 0:
            checkpoint.save(learner)


def _judge(
    model: Model, validation: LabelledImages, machine: Machine, device: torch.device
) -> float:
    """Return the model's mAP at IoU 0.5 on the validation images, 0 when there are none."""
    if not len(validation):
        LOG.warning("no validation images: the mAP is given as 0")
        return 0.0
    predict = by_torch(model.network, machine, device)
    detector = Detector(predict, DetectionSettings(confidence_threshold=JUDGED["conf_thr"]), device)
    found = detector.detect(validation.pixels)
    quality = mean_average_precision(found, validation.objects, len(model.class_names))
    LOG.info("mAP %.4f at IoU 0.5 on %d validation images", quality, len(validation))
    return quality


def _publish(environment: Environment, model: Model, quality: float, *, with_onnx: bool) -> None:
    """Write the model's files and, last, the result that lists them."""
    folder = stage_folder(environment, BEST_STAGE)
    save_model(model, folder / WEIGHTS_FILE)
    write_yaml(folder / CARD_FILE, card(model))
    files = [WEIGHTS_FILE, CARD_FILE]
    if with_onnx:
        write_onnx(model, folder / ONNX_FILE)
        files.append(ONNX_FILE)
    stage = Stage(BEST_STAGE, tuple(files), quality, int(time.time()))
    result = training_result([stage], old_protocol=environment.speaks_old_protocol)
    write_yaml(environment.training_result_file, result)
