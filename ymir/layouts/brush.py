"""What somebody painted in Label Studio, as a COCO mask.

The numbers are the bytes of a stream of bits: 32 for how many values follow, 5 for the bits of a
value less one, four times 4 for how many bits a length may take; then runs, each of a bit (one
value for all, or each its own), two bits for the size of the length, the length less one, and the
values. Values are red, green, blue and alpha of each pixel, row by row; alpha says what is painted
(label-studio-converter, `brush.py`, `decode_rle`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ymir.layouts.masks import MaskError

_CHANNELS = 4
_LARGEST = 400_000_000  # values; a picture of 100 million pixels
_VALUE = 8  # bits
_BROKEN = "its brush strokes cannot be read"


def mask_of(rle: object, width: int, height: int) -> dict[str, Any]:
    """Run lengths as COCO has them, of what is painted on an image of that size."""
    if not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise MaskError(_BROKEN)
    values = _values(_Bits(rle), width * height * _CHANNELS)
    painted = values[_CHANNELS - 1 :: _CHANNELS].reshape(height, width) > 0
    flat = painted.flatten(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs: list[int] = np.diff(np.concatenate(([0], changes, [len(flat)]))).tolist()
    return {"size": [height, width], "counts": [0, *runs] if flat[0] else runs}


class _Bits:
    """A stream of bits."""

    def __init__(self, content: list[int]) -> None:
        self._bits = np.unpackbits(np.array(content, dtype=np.uint8))
        self._at = 0

    def take(self, count: int) -> npt.NDArray[np.uint8]:
        """The next bits."""
        taken = self._bits[self._at : self._at + count]
        if len(taken) < count:
            raise MaskError(_BROKEN)
        self._at += count
        return taken

    def number(self, count: int) -> int:
        """The next bits, as a number."""
        return int("".join(map(str, self.take(count))), 2)


def _values(bits: _Bits, expected: int) -> npt.NDArray[np.uint8]:
    count, size = bits.number(32), bits.number(5) + 1
    if size != _VALUE or count != expected or count > _LARGEST:
        raise MaskError("its brush strokes are not those of an image of this size")
    lengths = [bits.number(4) + 1 for _ in range(4)]
    values = np.zeros(count, dtype=np.uint8)
    at = 0
    while at < count:
        is_same = bits.number(1)
        end = at + 1 + bits.number(lengths[bits.number(2)])
        many = min(end, count) - at
        values[at:end] = np.packbits(bits.take(_VALUE if is_same else _VALUE * many))
        at = end
    return values
