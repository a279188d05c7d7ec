"""What of ymir's own environment a job sees: no tokens, no passwords. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|(DY)?LD_LIBRARY_PATH|XDG_CACHE_HOME"
    r"|TORCH_HOME|(CUDA|NVIDIA|OMP|MKL|OPENBLAS|NUMEXPR)_\w+|KMP_\w+|GOMP_CPU_AFFINITY"
    r"|DO_NOT_TRACK|\w+_DISABLE_TELEMETRY"
)


def shown_to_jobs(outer: Mapping[str, str]) -> dict[str, str]:
    """The variables that every job may see."""
    return {name: value for name, value in outer.items() if _PASSED.fullmatch(name)}
