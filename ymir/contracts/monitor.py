"""How an executor says where it stands: the first line of `out/monitor.txt`. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

FAILED = 4
_STATES = range(FAILED + 1)  # unknown, pending, running, done, failed
_NAMES: Mapping[str, int] = {
    "unknown": 0,
    "pending": 1,
    "ready": 1,
    "running": 2,
    "done": 3,
    "finished": 3,
    "failed": FAILED,
    "error": FAILED,
}
_FEWEST = 4  # columns
_MOST_LINES = 99  # behind the first, of which the last that says something is the reason

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
    """Read 4, 5 or 6 columns; None for what is empty, half-written or not a monitor line.

    Behind the line of an executor that failed may stand any text, such as Python's last words.
    """
    first, *rest = text.split("\n", _MOST_LINES + 1)
    columns = _columns(first)
    try:
        share, state = float(columns[2]), _state(columns[3])
    except (IndexError, ValueError, OverflowError):
        return None
    if state not in _STATES:
        return None
    code, message = _reason(columns[4:])
    if state == FAILED and not message:
        message = _last(rest[:_MOST_LINES])
    share = 0.0 if math.isnan(share) else min(max(share, 0.0), 1.0)
    return Progress(share, state, code, message)


def _columns(line: str) -> list[str]:
    """Between tabs; between blanks where there are too few."""
    columns = [column.strip() for column in line.split("\t")]
    return columns if len(columns) >= _FEWEST else line.split(maxsplit=_FEWEST + 1)


def _state(written: str) -> int:
    """A number, or the name of one: `2`, `2.0`, `running`, `TaskState.RUNNING`."""
    name = written.rpartition(".")[2].lower()
    return _NAMES[name] if name in _NAMES else int(float(written))


def _reason(columns: list[str]) -> tuple[int, str]:
    """Return code and message; an executor that has no codes may leave them out."""
    first, *more = (*columns, "")
    try:
        code, words = (int(float(first)) if first else 0), more
    except (ValueError, OverflowError):
        code, words = 0, [first, *more]
    return code, " ".join(" ".join(words).split())


def _last(lines: list[str]) -> str:
    """The last line that says something."""
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")
