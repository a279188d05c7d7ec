"""How an executor says where it stands: the one line of `out/monitor.txt`. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

FAILED = 4
_STATES = range(FAILED + 1)  # unknown, pending, running, done, failed

# The contract's return codes in words; the first digits were 180 before 2023-03.
_FAMILIES = (180, 300)
_WORDS: Mapping[int, str] = {
    1: "its configuration is wrong",
    2: "the dataset is wrong",
    3: "an image format is unknown to it",
    4: "the model files are wrong",
    5: "this kind of task is unknown to it",
    101: "CUDA and the GPU do not fit together",
    102: "no GPU",
    103: "out of memory",
    201: "training diverged to NaN",
    301: "no network",
}


@dataclass(frozen=True)
class Progress:
    """What the executor last said; `share` is in 0..1 and may go backwards."""

    share: float
    state: int
    code: int = 0
    message: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the executor gave up, whatever its exit status will be."""
        return self.state == FAILED

    @property
    def why(self) -> str:
        """Its code in words and its message; empty when it gave neither."""
        family, number = divmod(self.code, 1000)
        words = _WORDS.get(number) if family in _FAMILIES else None
        coded = f"{words or 'failed'} (code {self.code})" if self.code else ""
        return ": ".join(part for part in (coded, self.message) if part)


def read_monitor(text: str) -> Progress | None:
    """Read 4, 5 or 6 columns; None for what is empty, half-written or not a monitor line."""
    columns = [column.strip() for column in text.partition("\n")[0].split("\t")]
    try:
        share, state = float(columns[2]), int(columns[3])
        code = int(columns[4]) if "".join(columns[4:5]) else 0
    except (IndexError, ValueError):
        return None
    if state not in _STATES or math.isnan(share):
        return None
    message = " ".join("\t".join(columns[5:6]).split())
    return Progress(min(max(share, 0.0), 1.0), state, code, message)
