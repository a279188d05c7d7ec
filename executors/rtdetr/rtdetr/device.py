"""Where tensors live, and in which precision they are multiplied."""

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from ymir_kit.errors import Code, ExecutorError

from rtdetr.settings import Machine


def prepare(machine: Machine) -> None:
    """Set threads and determinism for this process; an error where no GPU is, but asked for."""
    torch.set_num_threads(machine.threads)
    if not machine.gpus:
        # On a GPU this would cost a third of the speed, and leave some operations as they are.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # slow, and only finds bugs
    elif not torch.cuda.is_available():
        raise ExecutorError(Code.GPU, "`gpu_count` is above 0, but torch sees no GPU here")
    else:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True


def device_of(machine: Machine) -> torch.device:
    """Return the first GPU, else the CPU."""
    return torch.device("cuda", machine.gpus[0]) if machine.gpus else torch.device("cpu")


def precision_of(machine: Machine) -> str:
    """Return how numbers are multiplied; `auto` is the fastest way that the GPU has."""
    if machine.mixed_precision != "auto":
        return machine.mixed_precision
    if not machine.gpus:
        return "no"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


def accelerator(machine: Machine) -> Accelerator:
    """Return what knows the device, the precision, and the other processes of a training."""
    prepare(machine)
    precision = precision_of(machine)
    # The networks leave some weights out where an image has no object.
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    is_on_cpu = not machine.gpus
    return Accelerator(cpu=is_on_cpu, mixed_precision=precision, kwargs_handlers=[unused])
