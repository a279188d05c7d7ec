"""Run a command, and write what it cost to an open file: `measured.py FILE COMMAND…`.

A process of its own, because a new one begins with the peak memory of the one that starts it: this
one is smaller than whatever is measured. It needs nothing but Python.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run, report, and end as the command ended."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(report, False)
    since = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "wall": time.perf_counter() - since,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }
    os.write(report, json.dumps(cost).encode())
    sys.exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)


if __name__ == "__main__":
    main()
