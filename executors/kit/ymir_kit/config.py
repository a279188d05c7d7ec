"""The parameters of a task, read from `config.yaml` and checked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir_kit.errors import Code, ExecutorError

TRUE_WORDS = frozenset({"t", "true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"f", "false", "0", "no", "off"})
ANNOTATION_FORMATS = {"ark": "ark", "det-ark": "ark", "voc": "voc", "det-voc": "voc"}
RUNTIMES = ("native", "onnx")


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
            raise wrong(key, f"one of {', '.join(choices)}", value)
        return value

    def integer(self, key: str, default: int, *, at_least: int = 0, multiple_of: int = 1) -> int:
        """Return a whole number."""
        value = self.number(key, default, at_least=at_least)
        if value != int(value):
            raise wrong(key, "a whole number", value)
        if value % multiple_of:
            raise wrong(key, f"a multiple of {multiple_of}", int(value))
        return int(value)

    def number(
        self, key: str, default: float, *, at_least: float = 0.0, at_most: float = float("inf")
    ) -> float:
        """Return a number within the given limits."""
        text = self.text(key, str(default))
        try:
            value = float(text)
        except ValueError:
            raise wrong(key, "a number", text) from None
        if not at_least <= value <= at_most or value == float("inf"):
            raise wrong(key, f"between {at_least:g} and {at_most:g}", text)
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """Return a truth value; `"true"`, `1` and `on` are as good as `true`."""
        word = self.text(key, str(default)).lower()
        if word not in TRUE_WORDS | FALSE_WORDS:
            raise wrong(key, "true or false", word)
        return word in TRUE_WORDS

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        value = self.values.get(key) or ()
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(str(item).strip() for item in items)


def class_names(config: Config) -> tuple[str, ...]:
    """Return the class names, whose order is the class index."""
    names = config.texts("class_names")
    if not names or "" in names:
        raise ExecutorError(Code.CONFIG, "`class_names` must list at least one class, none empty")
    if len(set(names)) != len(names):
        raise ExecutorError(Code.CONFIG, f"`class_names` has a name twice: {', '.join(names)}")
    return names


def annotation_format(config: Config) -> str:
    """Return `ark` or `voc`; the contract's default is `voc:raw`."""
    value = config.text("export_format", "voc:raw")
    name, _, assets = value.partition(":")
    if name not in ANNOTATION_FORMATS or assets != "raw":
        raise wrong("export_format", "ark:raw or voc:raw", value)
    return ANNOTATION_FORMATS[name]


def gpus(config: Config) -> tuple[int, ...]:
    """Return the indices, inside the container, of the GPUs to use; none is the CPU."""
    count = config.integer("gpu_count", 0)
    words = [word.strip() for word in config.text("gpu_id", "").split(",") if word.strip()]
    if not all(word.isdigit() for word in words):
        raise wrong("gpu_id", "indices joined by commas", ",".join(words))
    return tuple(int(word) for word in words or map(str, range(count)))[:count]


def resume_from(config: Config) -> Path | None:
    """Return the checkpoint that the platform kept of an unfinished run."""
    text = config.text("resume_from", "")
    return Path(text) if text else None


def runtime(config: Config) -> str:
    """Return `native` or `onnx`: which of a model's files makes the predictions."""
    return config.choice("runtime", "native", RUNTIMES)


def wrong(key: str, expected: str, value: object) -> ExecutorError:
    """Return the error for a parameter that cannot be what it is."""
    return ExecutorError(Code.CONFIG, f"`{key}` must be {expected}, not `{value}`")
