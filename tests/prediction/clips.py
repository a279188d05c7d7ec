"""Small real videos."""

from pathlib import Path

import av
import numpy as np

RATE = 10


def clip(path: Path, frames: int = 35, size: tuple[int, int] = (96, 64)) -> Path:
    """Ten frames a second, each a little lighter than the one before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as opened:
        stream = opened.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = (*size, "yuv420p")
        for number in range(frames):
            pixels = np.full((size[1], size[0], 3), 7 * number % 256, np.uint8)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            for packet in stream.encode(picture):
                opened.mux(packet)
        for packet in stream.encode():
            opened.mux(packet)
    return path
