"""A model's ONNX file, ready to predict; the one module of the kit that needs onnxruntime."""

import os
from collections.abc import Sequence

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # at its import: else it calls home

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from ymir_kit.errors import Code, ExecutorError

SUFFIX = ".onnx"
INPUT = "image"
ERRORS_ONLY = 3  # onnxruntime's level of messages
# Its exceptions have no common ancestor but Exception.
FAULTS = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoSuchFile,
    states.NotImplemented,
    states.RuntimeException,
)


class OnnxModel:
    """The ONNX model among `files`, which the config lists under `key`."""

    def __init__(self, files: Sequence[str], key: str, threads: int, gpu: int | None) -> None:
        names = [name for name in files if name.endswith(SUFFIX)]
        if not names:
            listed = ", ".join(files) or "none"
            raise ExecutorError(
                Code.MODEL, f"`runtime: onnx` needs a `*{SUFFIX}` file in `{key}`, got: {listed}"
            )
        self._file = names[0]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(
                self._file, options, providers=_providers(gpu)
            )
        except FAULTS as error:
            raise self._fault("is no ONNX model", error) from error

    def outputs(self, names: Sequence[str], images: np.ndarray) -> list[np.ndarray]:
        """Return the named outputs for images (N, 3, S, S) in 0..1."""
        try:
            return self._session.run(list(names), {INPUT: images})
        except (ValueError, *FAULTS) as error:
            raise self._fault("does not fit this executor", error) from error

    def _fault(self, what: str, error: Exception) -> ExecutorError:
        reason = " ".join(str(error).split())[:300]
        return ExecutorError(Code.MODEL, f"`{self._file}` {what}: {reason}")


def _providers(gpu: int | None) -> list[object]:
    """Return where to calculate: the GPU if onnxruntime was built for it, else the CPU."""
    if gpu is None or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return ["CPUExecutionProvider"]
    return [("CUDAExecutionProvider", {"device_id": gpu}), "CPUExecutionProvider"]
