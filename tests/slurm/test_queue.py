"""What Slurm answers, read from what a real one said."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.contracts.backend import Job
from ymir.slurm.order import ended, loss
from ymir.slurm.queue import Standing, read_queue
from ymir.spec.executor import Resources

SAID = (Path(__file__).parent / "said" / "squeue.txt").read_text()
JOB = Job("job", ("true",), Path("/shared/job"))


def standing(state: str, reason: str = "None", node: str = "n1") -> Standing:
    return Standing("7", 3, state, node, reason)


def test_tasks_are_known_by_their_batch_and_place() -> None:
    found = read_queue(SAID)
    assert found["ymir-a-1", 0] == Standing("1", 0, "RUNNING", "n1", "None")
    assert found["ymir-a-1", 0].id == "1_0"
    assert found["ymir-time-1", 0].id == "5"
    live = {key for key, each in found.items() if each.is_live}
    assert live == {("ymir-a-1", 0), ("ymir-b-1", 0), ("ymir-b-1", 1), ("ymir-held-1", 0)}


def test_other_jobs_of_the_user_may_be_called_anything() -> None:
    assert "x|y|9|N/A|PENDING" in SAID
    assert not [name for name, _ in read_queue(SAID) if "|" in name or name == "x"]


@given(st.text())
def test_whatever_is_said_is_read(text: str) -> None:
    assert all(each.job.isascii() or each.job for each in read_queue(text).values())


def test_of_two_tasks_of_one_name_the_one_that_runs_counts() -> None:
    said = "b|5|N/A|COMPLETED|n1|None\nb|4|N/A|RUNNING|n2|None\nb|6|N/A|PENDING||Resources\n"
    assert read_queue(said)["b", 0].job == "4"
    said = "b|4|N/A|FAILED||BadConstraints\nb|5|N/A|COMPLETED|n1|None\n"
    assert read_queue(said)["b", 0].job == "5"


@pytest.mark.parametrize(
    ("state", "reason", "is_hopeless"),
    [
        ("PENDING", "Resources", False),
        ("PENDING", "JobHeldUser", False),
        ("PENDING", "BadConstraints", True),
        ("PENDING", "launch failed requeued held", True),
        ("RUNNING", "None", False),
    ],
)
def test_what_would_wait_for_ever_is_known(state: str, reason: str, is_hopeless: bool) -> None:
    assert standing(state, reason).is_hopeless == is_hopeless


@pytest.mark.parametrize(
    ("state", "how", "why"),
    [
        ("CANCELLED", "ended", "was cancelled in Slurm, and not by ymir"),
        ("TIMEOUT", "timeout", ""),
        ("OUT_OF_MEMORY", "ended", "ran out of memory: it may use `memory: 2g`"),
    ],
)
def test_some_ends_are_the_jobs_own(state: str, how: str, why: str) -> None:
    job = Job("job", ("true",), Path("/shared/job"), resources=Resources(memory="2g"))
    ending = ended(job, standing(state))
    assert ending is not None
    assert (ending.how, ending.tail) == (how, why)


@pytest.mark.parametrize("state", ["NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "COMPLETED", "FAILED"])
def test_other_ends_without_a_word_are_the_clusters(state: str) -> None:
    assert ended(JOB, standing(state)) is None
    assert f"{state} on n1" in loss(standing(state), "")


def test_what_slurm_has_forgotten_is_lost() -> None:
    assert ended(JOB, None) is None
    assert loss(None, "") == "it ended without a trace (Slurm has forgotten it)"
