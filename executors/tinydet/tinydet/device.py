"""Where tensors live and in which precision they are multiplied."""

import logging
import os
from pathlib import Path

import torch

from tinydet.settings import Machine

LOG = logging.getLogger("tinydet")
BRAIN_FLOAT_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def prepare(machine: Machine) -> torch.device:
    """Set threads and determinism for this process, and return the device to use."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what determinism needs on CUDA
    torch.set_num_threads(machine.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # slow, and only finds bugs
    if machine.gpu is None:
        return torch.device("cpu")
    if machine.gpu < torch.cuda.device_count():
        return torch.device("cuda", machine.gpu)
    LOG.warning("no CUDA device %d here: using the CPU", machine.gpu)
    return torch.device("cpu")


def autocast(machine: Machine, device: torch.device) -> torch.autocast:
    """Return the context in which convolutions use bfloat16, if wanted and fast here."""
    wanted = machine.mixed_precision
    is_on = wanted == "always" or (wanted == "auto" and _multiplies_brain_floats(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=is_on)


def _multiplies_brain_floats(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16; emulation would be slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        processor = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return not BRAIN_FLOAT_FLAGS.isdisjoint(processor.split())
