"""What an ONNX file says of its inputs and outputs, read without a library for ONNX.

The file is a message of Protocol Buffers: fields, each with a number and a kind. Only those on the
way to the names and shapes are looked at; weights are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ymir.errors import DataError

Shape = list[int | str]

_SIZES = {1: 8, 5: 4}  # bytes of the kinds that are passed over
_LONGEST_VARINT = 10
_GRAPH, _INPUT, _OUTPUT, _INITIALIZER = 7, 11, 12, 5  # fields of a model and of its graph
_MOST = 1_000_000  # fields of one message


def onnx_shapes(content: bytes) -> Mapping[str, Mapping[str, Shape]]:
    """`inputs` and `outputs`: the name of each tensor, and its sides; a free one is a word."""
    try:
        graph = next(_messages(memoryview(content), _GRAPH))
        weights = {_text(each, 8) for each in _messages(graph, _INITIALIZER)}
        sides = {"inputs": _tensors(graph, _INPUT), "outputs": _tensors(graph, _OUTPUT)}
    except (StopIteration, IndexError, ValueError) as error:
        raise DataError(
            "this is no ONNX file, or half of one", hint="get the file again from whoever made it"
        ) from error
    inputs = {name: shape for name, shape in sides["inputs"].items() if name not in weights}
    return {**sides, "inputs": inputs}


def _tensors(graph: memoryview, field: int) -> dict[str, Shape]:
    return {_text(each, 1): _shape(each) for each in _messages(graph, field)}


def _shape(value: memoryview) -> Shape:
    """Of a ValueInfo: type, tensor, shape, sides."""
    for kind in _messages(value, 2):
        for tensor in _messages(kind, 1):
            for shape in _messages(tensor, 2):
                return [_side(each) for each in _messages(shape, 1)]
    return []


def _side(message: memoryview) -> int | str:
    for field, value in _fields(message):
        if field == 1 and isinstance(value, int):
            return value
        if field == 2 and isinstance(value, memoryview):
            return str(value, "utf-8", "replace")
    return "?"


def _text(message: memoryview, wanted: int) -> str:
    return next((str(each, "utf-8", "replace") for each in _messages(message, wanted)), "")


def _messages(message: memoryview, wanted: int) -> Iterator[memoryview]:
    for field, value in _fields(message):
        if field == wanted and isinstance(value, memoryview):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    for _ in range(_MOST):
        if at >= len(message):
            return
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 2:
                size, at = _varint(message, at)
                if at + size > len(message):
                    raise ValueError("it ends too early")
                yield key >> 3, message[at : at + size]
                at += size
            case kind:
                at += _SIZES[kind] if kind in _SIZES else _unknown(kind)


def _unknown(kind: int) -> int:
    raise ValueError(f"no field has the kind {kind}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number is too long")
