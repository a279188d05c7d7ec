"""The parameters of each task, read from `config.yaml` and checked."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinydet.errors import Code, ExecutorError

GRID = 16  # pixels; the deepest feature map has one cell for so many
TRUE_WORDS = frozenset({"t", "true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"f", "false", "0", "no", "off"})


@dataclass(frozen=True)
class Config:
    """Flat `key: value` pairs; platforms turn numbers into text and drop empty values."""

    values: Mapping[str, object]

    def text(self, key: str, default: str) -> str:
        """Return the value as stripped text, the default when absent or empty."""
        value = self.values.get(key)
        return default if value is None or value == "" else str(value).strip()

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """Return one of `choices`."""
        value = self.text(key, default)
        if value not in choices:
            raise _wrong(key, f"one of {', '.join(choices)}", value)
        return value

    def integer(self, key: str, default: int, *, at_least: int = 0) -> int:
        """Return a whole number."""
        value = self.number(key, default, at_least=at_least)
        if value != int(value):
            raise _wrong(key, "a whole number", value)
        return int(value)

    def number(
        self, key: str, default: float, *, at_least: float = 0.0, at_most: float = float("inf")
    ) -> float:
        """Return a number within the given limits."""
        text = self.text(key, str(default))
        try:
            value = float(text)
        except ValueError:
            raise _wrong(key, "a number", text) from None
        if not at_least <= value <= at_most or value == float("inf"):
            raise _wrong(key, f"between {at_least:g} and {at_most:g}", text)
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """Return a truth value; `"true"`, `1` and `on` are as good as `true`."""
        word = self.text(key, str(default)).lower()
        if word not in TRUE_WORDS | FALSE_WORDS:
            raise _wrong(key, "true or false", word)
        return word in TRUE_WORDS

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        value = self.values.get(key) or ()
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(str(item).strip() for item in items)


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


@dataclass(frozen=True)
class MiningSettings:
    """The parameters of scoring images by what labelling them would teach."""

    algorithm: str
    seed: int


MIXED_PRECISIONS = ("auto", "always", "never")
MINING_ALGORITHMS = ("entropy", "least_confidence", "margin", "random")
ANNOTATION_FORMATS = {"ark": "ark", "det-ark": "ark", "voc": "voc", "det-voc": "voc"}


def machine(config: Config) -> Machine:
    """Return where the platform wants the work done."""
    gpu = None
    if config.integer("gpu_count", 0) > 0:
        first = config.text("gpu_id", "0").split(",")[0].strip()
        if not first.isdigit():
            raise _wrong("gpu_id", "indices joined by commas", first)
        gpu = int(first)
    threads = config.integer("threads", 1, at_least=1)
    mixed = config.choice("mixed_precision", "auto", MIXED_PRECISIONS)
    return Machine(min(threads, os.cpu_count() or 1), gpu, mixed)


def training(config: Config) -> TrainingSettings:
    """Return the checked parameters of a training."""
    image_size = _grid_multiple(config, "image_size", 192)
    resume_from = config.text("resume_from", "")
    return TrainingSettings(
        class_names=_class_names(config),
        annotation_format=_annotation_format(config),
        pretrained=config.texts("pretrained_model_params"),
        resume_from=Path(resume_from) if resume_from else None,
        iterations=config.integer("iterations", 800, at_least=2),
        batch_size=config.integer("batch_size", 16, at_least=2),
        learning_rate=config.number("learning_rate", 0.005),
        image_size=image_size,
        crop=min(image_size, _grid_multiple(config, "crop", 96)),
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


def mining(config: Config) -> MiningSettings:
    """Return the checked parameters of mining."""
    algorithm = config.choice("mining_algorithm", "entropy", MINING_ALGORITHMS)
    return MiningSettings(algorithm, config.integer("seed", 0))


def _class_names(config: Config) -> tuple[str, ...]:
    """Return the class names, whose order is the class index."""
    names = config.texts("class_names")
    if not names or "" in names:
        raise ExecutorError(Code.CONFIG, "`class_names` must list at least one class, none empty")
    if len(set(names)) != len(names):
        raise ExecutorError(Code.CONFIG, f"`class_names` has a name twice: {', '.join(names)}")
    return names


def _annotation_format(config: Config) -> str:
    """Return `ark` or `voc`; the contract's default is `voc:raw`."""
    value = config.text("export_format", "voc:raw")
    name, _, assets = value.partition(":")
    if name not in ANNOTATION_FORMATS or assets != "raw":
        raise _wrong("export_format", "ark:raw or voc:raw", value)
    return ANNOTATION_FORMATS[name]


def _grid_multiple(config: Config, key: str, default: int) -> int:
    """Return a length in pixels that the network's maps divide without rest."""
    value = config.integer(key, default, at_least=2 * GRID)
    if value % GRID:
        raise _wrong(key, f"a multiple of {GRID}", value)
    return value


def _wrong(key: str, expected: str, value: object) -> ExecutorError:
    return ExecutorError(Code.CONFIG, f"`{key}` must be {expected}, not `{value}`")
