"""Whether system calls can be traced here."""

import shutil
import subprocess

from tests.components import needs


def _may_trace() -> bool:
    program = shutil.which("strace")
    tried = program and subprocess.run([program, "-o", "/dev/null", "true"], capture_output=True)
    return bool(tried) and tried.returncode == 0


STRACE = needs("strace", _may_trace(), "apt-get install strace, and the right to trace")
