"""How much the label of an image would teach, from what the detector found in it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from ymir_kit.config import Config
from ymir_kit.detections import Detections
from ymir_kit.errors import Code, ExecutorError

RANDOM = "random"
MINING_ALGORITHMS = ("entropy", "least_confidence", "margin", RANDOM)


@dataclass(frozen=True)
class MiningSettings:
    """The parameters of scoring images by what labelling them would teach."""

    algorithm: str
    seed: int


def mining_settings(config: Config) -> MiningSettings:
    """Return the checked parameters of mining."""
    algorithm = config.choice("mining_algorithm", "entropy", MINING_ALGORITHMS)
    return MiningSettings(algorithm, config.integer("seed", 0))


def image_score(found: Detections, algorithm: str, threshold: float) -> float:
    """Return the highest score of an image's detections, 0 when there are none.

    The highest, not the sum: a sum picks crowded images, many of them near-duplicates.
    """
    if not len(found.scores):
        return 0.0
    return float(ALGORITHMS[algorithm](found.class_scores, threshold).max())


def random_score(image: str, seed: int) -> float:
    """Return a number in 0..1 that depends on the seed and the file name only.

    So a pool gets the same ranking whether it is mined at once or in parts.
    """
    key = f"{seed}/{PurePath(image).name}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=6).digest()) / 2**48


def require_usable(algorithm: str, class_count: int) -> None:
    """Refuse an algorithm that cannot tell images of this model apart."""
    if algorithm == "margin" and class_count < 2:
        raise ExecutorError(
            Code.CONFIG, "`mining_algorithm: margin` needs two classes; use `entropy`"
        )


def entropy(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Return bits of doubt (K,) of scores (K, C): binary entropy of each class, summed.

    Classes below the threshold count as excluded, else many classes would add up to noise.
    """
    certain = np.where(scores > threshold, scores, 0.0).astype(np.float64).clip(1e-12, 1 - 1e-12)
    bits = certain * np.log2(certain) + (1 - certain) * np.log2(1 - certain)
    return -bits.sum(1)


def least_confidence(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Return 1 where the best class has score 1/2, 0 where it is certain either way."""
    return 1 - np.abs(2 * scores.max(1) - 1)


def margin(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Return the score of the second best class: high where two classes are likely."""
    return np.sort(scores, 1)[:, -2]


ALGORITHMS: Mapping[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "entropy": entropy,
    "least_confidence": least_confidence,
    "margin": margin,
}
