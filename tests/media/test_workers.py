import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from ymir.errors import StoreError
from ymir.media.workers import apart, spread


def doubled(numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


def processes(numbers: Sequence[int]) -> list[int]:
    return [os.getpid() for _ in numbers]


def refused(numbers: Sequence[int]) -> list[int]:
    raise StoreError("no room")


def killed(numbers: Sequence[int]) -> list[int]:
    os._exit(1)


@pytest.mark.parametrize("seconds", [0.1, 100.0])
def test_results_come_in_order_however_many_processes_work(seconds):
    assert spread(doubled, range(1234), seconds=seconds) == [2 * number for number in range(1234)]


def test_little_work_starts_no_process():
    assert set(spread(processes, range(2000), seconds=1.0)) == {os.getpid()}


def test_an_error_in_a_process_arrives_here():
    with pytest.raises(StoreError, match="no room"):
        spread(refused, range(1000), seconds=100.0)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
def test_a_killed_process_is_an_error_with_a_way_out():
    with pytest.raises(StoreError, match="was killed"):
        spread(killed, range(1000), seconds=100.0)


def test_what_ends_its_process_is_an_error_here():
    with pytest.raises(StoreError, match="of that"):
        apart(os.abort, died=StoreError("it died of that"))
    with pytest.raises(StoreError, match="no room"):
        apart(partial(refused, [1]), died=StoreError("it died of that"))
    assert apart(partial(doubled, [1, 2]), died=StoreError("it died of that")) == [2, 4]


def test_a_script_without_a_guard_is_not_run_again_by_its_processes(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from ymir.media.workers import spread\n"
        "print('begun')\n"
        "print(len(spread(sorted, [range(3), range(2)], seconds=100.0, piece=1)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["begun", "2"]
