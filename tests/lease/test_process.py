import json
import os
import subprocess
import sys
from dataclasses import replace

from tests.lease.remotes import ELSEWHERE
from ymir.lease.process import Process, is_alive, machine, this_process

WHO = """\
import json
from ymir.lease.process import this_process
print(json.dumps(vars(this_process())), flush=True)
input()
"""


def test_a_process_is_known_to_live_and_to_be_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = this_process()
    assert is_alive(began)
    other = replace(began, pid=child.pid)
    assert is_alive(other) is False, "another process may have the number of one that ended"
    child.communicate(b"\n")
    assert is_alive(other) is False


def test_a_process_that_nobody_has_buried_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", WHO], stdin=-1, stdout=-1)
    assert child.stdout is not None
    assert child.stdin is not None
    process = Process(**json.loads(child.stdout.readline()))
    assert is_alive(process)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_alive(process) is False
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_of_a_process_elsewhere_nobody_can_tell() -> None:
    assert is_alive(ELSEWHERE) is None
    assert is_alive(replace(this_process(), machine="")) is None
    assert machine() == machine() != ELSEWHERE.machine
