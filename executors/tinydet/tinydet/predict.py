"""The mining and infer tasks: one look at every candidate serves both."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch

from tinydet import settings as parameters
from tinydet.contract import Environment, read_candidates
from tinydet.detect import Detections, Detector
from tinydet.device import prepare
from tinydet.images import Picture, read_pictures
from tinydet.mine import RANDOM, image_score, random_score, require_usable
from tinydet.outputs import Box, InferWriter, Monitor, ranking, write_text
from tinydet.settings import Config
from tinydet.stopping import StopSignal
from tinydet.weights import Model, load_model

LOG = logging.getLogger("tinydet")


@dataclass(frozen=True)
class _Look:
    """What the detector saw in one candidate; the boxes are in pixels of the square."""

    image: str
    picture: Picture
    found: Detections


def run_prediction(
    environment: Environment, config: Config, monitor: Monitor, stop: StopSignal
) -> None:
    """Write `infer-result.json`, `result.tsv` or both, whatever the environment asks for."""
    candidates = read_candidates(environment.candidate_index_file)
    mining = parameters.mining(config)
    scores: dict[str, float] = {}
    if environment.run_infer or mining.algorithm != RANDOM:
        scores = _look_at_all(environment, config, candidates, monitor, stop)
    if environment.run_mining:
        if mining.algorithm == RANDOM:
            scores = {image: random_score(image, mining.seed) for image in candidates}
        write_text(environment.mining_result_file, ranking(scores))
    monitor.progress(1.0)


def _look_at_all(
    environment: Environment,
    config: Config,
    candidates: Sequence[str],
    monitor: Monitor,
    stop: StopSignal,
) -> dict[str, float]:
    """Show every candidate to the model, write the boxes if asked, return the mining scores."""
    model = load_model(config.texts("model_params_path"), "model_params_path")
    settings = parameters.detection(config)
    algorithm = parameters.mining(config).algorithm
    require_usable(algorithm, len(model.class_names))
    _compare_names(model, config)
    is_mined = environment.run_mining and algorithm != RANDOM
    scores: dict[str, float] = {}
    began = time.monotonic()
    writer = InferWriter(environment.infer_result_file, environment.speaks_old_protocol)
    with writer if environment.run_infer else nullcontext():
        for count, look in enumerate(_looks(config, model, candidates), start=1):
            stop.check()
            if environment.run_infer:
                writer.add(look.image, _boxes(look, model.class_names))
            if is_mined:
                scores[look.image] = image_score(
                    look.found, algorithm, settings.confidence_threshold
                )
            if count % settings.batch_size == 0:
                monitor.progress(count / len(candidates))
    LOG.info("%.0f images a second", len(candidates) / (time.monotonic() - began))
    return scores


def _looks(config: Config, model: Model, candidates: Sequence[str]) -> Iterator[_Look]:
    """Yield what the model sees in each candidate, in their order."""
    settings = parameters.detection(config)
    machine = parameters.machine(config)
    detector = Detector(model, settings, machine, prepare(machine))
    pictures = read_pictures(
        [Path(image) for image in candidates], model.image_size, machine.threads
    )
    names = iter(candidates)
    while batch := list(islice(pictures, settings.batch_size)):
        stacked = torch.stack([torch.from_numpy(picture.pixels) for picture in batch])
        found = detector.detect(stacked.permute(0, 3, 1, 2))
        for picture, detections in zip(batch, found, strict=True):
            yield _Look(next(names), picture, detections)


def _boxes(look: _Look, class_names: Sequence[str]) -> list[Box]:
    """Return the objects found in one image, in whole pixels inside of it."""
    picture, found = look.picture, look.found
    limits = (picture.width, picture.height, picture.width, picture.height)
    edges = (found.boxes / picture.scale).clip(0, limits).round().astype(int)
    boxes = []
    rows = zip(edges.tolist(), found.scores.tolist(), found.labels.tolist(), strict=True)
    for (left, top, right, bottom), score, label in rows:
        if right > left and bottom > top:
            size = (right - left, bottom - top)
            boxes.append(Box(class_names[label], round(score, 6), left, top, *size))
    return boxes


def _compare_names(model: Model, config: Config) -> None:
    """Warn when the platform expects other classes than the model was trained with."""
    asked = config.texts("class_names")
    if asked and asked != model.class_names:
        LOG.warning(
            "the model knows %s, the configuration says %s: the model's names are used",
            ", ".join(model.class_names),
            ", ".join(asked),
        )
