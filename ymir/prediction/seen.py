"""Photos and frames, read in batches: what each is, and what it is called."""

from __future__ import annotations

import hashlib
import importlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from ymir.errors import DataError, PluginError
from ymir.media.probe import Picture, probe
from ymir.prediction.inputs import Inputs, Source

if TYPE_CHECKING:
    from ymir.prediction.video import Frame

BATCH = 500  # images in one job,
BATCH_BYTES = 1 << 30  # or a few more than so many bytes
_QUALITY = 95


class Player(Protocol):
    """What `ymir.prediction.video` can do, where its library is installed."""

    def frames(self, path: Path, every: float) -> Iterator[Frame]:
        """The frames of a video, so many seconds apart."""

    def length(self, path: Path) -> float | None:
        """How many seconds it has."""


@dataclass(frozen=True)
class Seen:
    """An image that can be looked at; `row` is what a table says of it."""

    path: Path
    name: str
    row: Mapping[str, Any]
    video: str | None = None
    time: float | None = None  # seconds into the video

    @property
    def digest(self) -> str:
        """The image's identity."""
        return str(self.row["image"])


@dataclass
class Reader:
    """Reads what there is to look at, one batch after the other, and keeps what it cannot use."""

    inputs: Inputs
    every: float  # seconds between two frames of a video
    skipped: dict[str, str] = field(default_factory=dict)  # name -> what is wrong with it

    def expected(self) -> int:
        """About how many images there will be."""
        lengths = [player().length(each.path) for each in self.inputs.videos]
        frames = sum(1 + int((length or 0) / self.every) for length in lengths)
        return len(self.inputs.photos) + frames

    def batches(self, folder: Path) -> Iterator[tuple[Seen, ...]]:
        """A few images at a time; frames are in `folder`, but only until the next batch."""
        photos = (self._photo(each) for each in self.inputs.photos)
        yield from _batched(each for each in photos if each)
        for number, (stem, each) in enumerate(_stems(self.inputs.videos).items()):
            for batch in _batched(self._frames(each, stem, folder / str(number))):
                yield batch
                for seen in batch:
                    seen.path.unlink(missing_ok=True)

    def _photo(self, source: Source) -> Seen | None:
        try:
            content = source.path.read_bytes()
        except OSError as error:
            self.skipped[source.name] = f"cannot be read: {error.strerror}"
            return None
        found = probe(content, "x.png" if content.startswith(b"\x89PNG") else "x.jpg")
        if isinstance(found, str):
            self.skipped[source.name] = found
            return None
        return Seen(source.path, source.name, _row(content, source.name, found))

    def _frames(self, source: Source, stem: str, folder: Path) -> Iterator[Seen]:
        folder.mkdir(parents=True, exist_ok=True)
        has_begun = False
        try:
            for frame in player().frames(source.path, self.every):
                has_begun = True
                name = f"{stem}-{frame.number:06}.jpg"
                path = folder / f"{frame.number:06}.jpg"
                frame.image.save(path, "JPEG", quality=_QUALITY)
                row = _row(path.read_bytes(), name, Picture(*frame.image.size, "jpg"))
                yield Seen(path, name, row, source.name, frame.time)
        except DataError as error:
            if not has_begun:
                raise
            self.skipped[source.name] = str(error)


def player() -> Player:
    """What reads videos, or what to install."""
    try:
        video: Player = importlib.import_module("ymir.prediction.video")
    except ImportError as error:
        raise PluginError(
            f"videos need PyAV, which is not installed: {error}",
            hint="pip install 'ymir-gitops[video]'",
        ) from error
    return video


def _batched(seen: Iterable[Seen]) -> Iterator[tuple[Seen, ...]]:
    batch: list[Seen] = []
    size = 0
    for each in seen:
        batch.append(each)
        size += int(each.row["bytes"])
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def _stems(videos: Sequence[Source]) -> dict[str, Source]:
    """How the names of each video's frames begin; no two videos have the same."""
    short = {each: str(PurePosixPath(each.name).with_suffix("")) for each in videos}
    times = Counter(short.values())
    return {stem if times[stem] == 1 else each.name: each for each, stem in short.items()}


def _row(content: bytes, name: str, found: Picture) -> dict[str, Any]:
    return {
        "image": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "file": name,
        "width": found.width,
        "height": found.height,
        "bytes": len(content),
        "format": found.format,
    }


def seconds_between(every: str | None, rate: float | None) -> float:
    """What `--every 500ms` or `--fps 2` asks for, in seconds; one second by default."""
    if every is not None and rate is not None:
        raise DataError("`--every` and `--fps` say the same", hint="give one of them")
    if rate is not None:
        return 1 / rate
    if every is None:
        return 1.0
    for unit, seconds in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        number = every.removesuffix(unit)
        if number != every and number.replace(".", "", 1).isdecimal() and float(number) > 0:
            return float(number) * seconds
    raise DataError(f"`{every}` is no time", hint="such as `1s`, `500ms`, `0.2s` or `5m`")
