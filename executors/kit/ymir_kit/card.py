"""What has to be known of a model besides its weights: `model.yaml`, which lies beside them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir_kit.contract import read_mapping
from ymir_kit.errors import Code, ExecutorError

CARD_FILE = "model.yaml"


@dataclass(frozen=True)
class Card:
    """The classes a model knows, and the square it was trained for."""

    class_names: tuple[str, ...]
    image_size: int  # pixels


def read_card(files: Sequence[str], key: str, detectors: Collection[str]) -> Card:
    """Return the card among `files`, which the config lists under `key`, of one of `detectors`."""
    names = [name for name in files if Path(name).name == CARD_FILE]
    if not names:
        listed = ", ".join(files) or "none"
        raise ExecutorError(Code.MODEL, f"`{key}` must name a `{CARD_FILE}`, got: {listed}")
    path = Path(names[0])
    if not path.is_file():
        raise ExecutorError(Code.MODEL, f"there is no `{path}`")
    values = read_mapping(path)
    classes, size = values.get("class_names"), values.get("image_size")
    is_ours = values.get("detector") in detectors
    if not is_ours or not isinstance(classes, list) or not isinstance(size, int):
        raise ExecutorError(
            Code.MODEL, f"`{path}` is no model of this executor, but `{values.get('detector')}`"
        )
    return Card(tuple(map(str, classes)), size)
