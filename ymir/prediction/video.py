"""The frames of a video. It needs PyAV: the extra `video`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image

from ymir.errors import DataError

_RATE = 25  # frames a second, where a video does not say
_TURNS = 360


@dataclass(frozen=True)
class Frame:
    """A picture of a video: its place among all frames, counted from 0, and its second."""

    number: int
    time: float
    image: Image.Image


def frames(path: Path, every: float) -> Iterator[Frame]:
    """The first frame, then one for each `every` seconds, turned as a player would turn them.

    One that is damaged further on has its frames up to there, and then an error.
    """
    due, number, time = 0.0, -1, 0.0
    try:
        with av.open(str(path)) as opened:
            if not opened.streams.video:
                raise DataError(
                    f"`{path}` has no picture: it is sound alone", hint="name a file with pictures"
                )
            stream = opened.streams.video[0]
            stream.thread_type = "AUTO"
            start = float((stream.start_time or 0) * (stream.time_base or 0))
            rate = float(stream.average_rate or _RATE)
            for number, frame in enumerate(opened.decode(stream)):
                time = _time(frame, number / rate, start)
                if time + 0.5 / rate < due:
                    continue
                due += every * (1 + max(0, int((time - due) / every)))
                yield Frame(number, round(time, 3), _upright(frame))
    except FFmpegError as error:
        how = f"cannot be read after {time:.1f} s" if number >= 0 else "cannot be read as a video"
        raise DataError(f"`{path}` {how}: {error.strerror}") from error
    if number < 0:
        raise DataError(f"`{path}` holds no frame")


def length(path: Path) -> float | None:
    """How many seconds a video says it has."""
    try:
        with av.open(str(path)) as opened:
            return float(Fraction(opened.duration, av.time_base)) if opened.duration else None
    except FFmpegError as error:
        raise DataError(f"`{path}` cannot be read as a video: {error.strerror}") from error


def _time(frame: VideoFrame, counted: float, start: float) -> float:
    return counted if frame.time is None else max(0.0, frame.time - start)


def _upright(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call] # PyAV does not say
    turn = frame.rotation % _TURNS
    return image.rotate(turn, expand=True) if turn else image
