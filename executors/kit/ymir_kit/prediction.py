"""The mining and infer tasks of any detector: one look at every candidate serves both."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Protocol

from ymir_kit.config import Config
from ymir_kit.contract import read_candidates
from ymir_kit.detections import Look, whole_boxes
from ymir_kit.mining import RANDOM, image_score, mining_settings, random_score, require_usable
from ymir_kit.outputs import InferWriter, ranking, write_text
from ymir_kit.task import Task

LOG = logging.getLogger("ymir_kit")


class Eye(Protocol):
    """A trained detector that looks at images."""

    class_names: tuple[str, ...]
    confidence_threshold: float
    batch_size: int

    def looks(self, candidates: Sequence[str]) -> Iterator[Look]:
        """Yield what is seen in each candidate, in their order."""


def run_prediction(task: Task, open_eye: Callable[[Task], Eye]) -> None:
    """Write `infer-result.json`, `result.tsv` or both, whatever the environment asks for."""
    environment = task.environment
    candidates = read_candidates(environment.candidate_index_file)
    mining = mining_settings(task.config)
    scores: dict[str, float] = {}
    if environment.run_infer or mining.algorithm != RANDOM:
        scores = _look_at_all(task, open_eye(task), candidates)
    if environment.run_mining:
        if mining.algorithm == RANDOM:
            scores = {image: random_score(image, mining.seed) for image in candidates}
        write_text(environment.mining_result_file, ranking(scores))
    task.monitor.progress(1.0)


def _look_at_all(task: Task, eye: Eye, candidates: Sequence[str]) -> dict[str, float]:
    """Show every candidate to the model, write the boxes if asked, return the mining scores."""
    environment = task.environment
    algorithm = mining_settings(task.config).algorithm
    require_usable(algorithm, len(eye.class_names))
    _compare_names(eye.class_names, task.config)
    is_mined = environment.run_mining and algorithm != RANDOM
    scores: dict[str, float] = {}
    began = time.monotonic()
    writer = InferWriter(environment.infer_result_file, environment.speaks_old_protocol)
    with writer if environment.run_infer else nullcontext():
        for count, look in enumerate(eye.looks(candidates), start=1):
            task.stop.check()
            if environment.run_infer:
                writer.add(look.image, whole_boxes(look, eye.class_names))
            if is_mined:
                scores[look.image] = image_score(look.found, algorithm, eye.confidence_threshold)
            if count % eye.batch_size == 0:
                task.monitor.progress(count / len(candidates))
    LOG.info("%.0f images a second", len(candidates) / (time.monotonic() - began))
    return scores


def _compare_names(class_names: Sequence[str], config: Config) -> None:
    """Warn when the platform expects other classes than the model was trained with."""
    asked = config.texts("class_names")
    if asked and asked != tuple(class_names):
        LOG.warning(
            "the model knows %s, the configuration says %s: the model's names are used",
            ", ".join(class_names),
            ", ".join(asked),
        )
