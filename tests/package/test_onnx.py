"""The shapes in an ONNX file are read without a library, and nothing else is believed of it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.errors import DataError
from ymir.package.onnx import onnx_shapes


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def message(field: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(field << 3) + varint(content)
    return varint(field << 3 | 2) + varint(len(content)) + content


def tensor(name: str, *sides: int | str) -> bytes:
    """A ValueInfo as ONNX writes it."""
    shape = b"".join(
        message(1, message(1, each) if isinstance(each, int) else message(2, each.encode()))
        for each in sides
    )
    return message(1, name.encode()) + message(2, message(1, message(1, 1) + message(2, shape)))


MODEL = message(1, 10) + message(
    7,
    message(5, message(8, b"weight") + message(9, b"\0" * 400))
    + message(11, tensor("image", "batch", 3, 320, 320))
    + message(11, tensor("weight", 5))
    + message(12, tensor("probs", "batch", 2100, 2)),
)


def test_inputs_and_outputs_are_read_and_weights_passed_over():
    assert onnx_shapes(MODEL) == {
        "inputs": {"image": ["batch", 3, 320, 320]},
        "outputs": {"probs": ["batch", 2100, 2]},
    }


def test_half_a_file_is_refused():
    with pytest.raises(DataError, match="no ONNX file, or half of one"):
        onnx_shapes(MODEL[:-300])


@given(st.binary(max_size=300))
def test_whatever_is_in_a_file_it_is_shapes_or_an_error(content):
    with suppress(DataError):
        assert set(onnx_shapes(content)) == {"inputs", "outputs"}
