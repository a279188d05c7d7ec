"""Reading images, and fitting them into the square the network sees."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from ymir_kit.errors import Code, ExecutorError

GREY = 114  # what fills the part of the square that the image leaves empty
AHEAD = 64  # images decoded in advance: enough for two batches, little memory


@dataclass(frozen=True)
class Picture:
    """An image in the network's square: pixels (S, S, 3) uint8, and how to get back."""

    pixels: np.ndarray
    scale: float  # pixels of the square for one pixel of the image
    width: int  # of the image, in pixels
    height: int


def read_picture(path: Path, size: int) -> Picture:
    """Return the image, scaled by its longer side to `size` and set into the upper left corner."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            scale = size / max(width, height)
            fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
            image.draft("RGB", fitted)  # a large JPEG is decoded at a fraction of its size
            colour = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split())
        raise ExecutorError(Code.IMAGE, f"cannot read the image `{path}`: {reason}") from error
    if colour.size != fitted:
        colour = colour.resize(fitted, Image.Resampling.BILINEAR, reducing_gap=2.0)
    pixels = np.full((size, size, 3), GREY, np.uint8)
    pixels[: fitted[1], : fitted[0]] = np.asarray(colour)
    return Picture(pixels, scale, width, height)


def read_pictures(paths: Sequence[Path], size: int, threads: int) -> Iterator[Picture]:
    """Yield the images in the order of `paths`, decoded a little ahead by several threads."""
    with ThreadPoolExecutor(threads) as pool:
        yield from _in_order(pool, lambda path: read_picture(path, size), paths)


def _in_order(
    pool: ThreadPoolExecutor, read: Callable[[Path], Picture], paths: Sequence[Path]
) -> Iterator[Picture]:
    """Yield the results in order while at most AHEAD of them wait."""
    rest = iter(paths)
    waiting: list[Future[Picture]] = [pool.submit(read, path) for path in islice(rest, AHEAD)]
    try:
        while waiting:
            picture = waiting.pop(0).result()
            waiting.extend(pool.submit(read, path) for path in islice(rest, 1))
            yield picture
    finally:
        for future in waiting:
            future.cancel()
