"""What Slurm is asked, by value."""

import ast
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from ymir.contracts.backend import Job
from ymir.slurm.submission import Batch, Site, Task, arguments, batch_name, batches, needs, script
from ymir.spec.executor import Resources

SITE = Site()
HERE = PurePosixPath("/srv/jobs")


def task(name: str = "job", **resources: object) -> Task:
    job = Job(name, ("true",), Path(f"/srv/jobs/{name}"), resources=Resources(**resources))  # type: ignore[arg-type]
    return Task(job, HERE / name / "attempts" / "1")


def test_what_a_job_needs_is_what_slurm_is_asked() -> None:
    each = task(gpus=2, cpus=1.5, memory="1500k", timeout="1h")
    asked = needs(each.job, replace(SITE, gpu="a100", margin=60))
    assert asked == (
        "--nodes=1",
        "--ntasks=1",
        "--time=62",
        "--cpus-per-task=2",
        "--mem=2M",
        "--gres=gpu:a100:2",
    )


def test_what_a_job_does_not_ask_is_left_to_the_site() -> None:
    assert needs(task().job, SITE) == ("--nodes=1", "--ntasks=1", "--time=1446")


def test_jobs_of_equal_needs_are_one_batch_and_others_another() -> None:
    tasks = [task("a", gpus=1), task("b"), task("c", gpus=1)]
    found = {tuple(each.job.name for each in batch.tasks) for batch in batches(tasks, SITE, 10)}
    assert found == {("a", "c"), ("b",)}


@given(st.integers(1, 40), st.integers(1, 10))
def test_no_batch_is_larger_than_an_array_may_be_and_none_is_left_out(
    count: int, most: int
) -> None:
    tasks = [task(f"job-{i}") for i in range(count)]
    found = list(batches(tasks, SITE, most))
    assert all(len(batch.tasks) <= most for batch in found)
    assert [each for batch in found for each in batch.tasks] == tasks


def test_the_same_attempts_have_the_same_name_and_others_have_another() -> None:
    first, second = task("shard-1"), task("shard-2")
    assert batch_name([first, second]) == batch_name([first, second])
    later = Task(first.job, HERE / "shard-1" / "attempts" / "2")
    names = {batch_name([first, second]), batch_name([first]), batch_name([later])}
    assert len(names) == 3
    assert all(name.startswith("ymir-shard-1-") for name in names)


def test_a_name_is_plain_whatever_a_job_is_called() -> None:
    name = batch_name([task("ä b|c;$(x)" * 20)])
    assert name.isascii()
    assert not set(name) & set(" |;$()\n")
    assert len(name) < 90


def test_one_job_is_no_array_and_several_are() -> None:
    one, two = (Batch("b", (task("a"), task("c"))[:count]) for count in (1, 2))
    assert not [each for each in arguments(one, SITE) if each.startswith("--array")]
    assert "--output=/srv/jobs/a/attempts/1/slurm-0.txt" in arguments(one, SITE)
    assert "--array=0-1" in arguments(two, SITE)
    assert "--output=/srv/jobs/a/attempts/1/slurm-%a.txt" in arguments(two, SITE)


def test_options_of_the_workspace_come_first_so_that_ours_hold() -> None:
    site = replace(SITE, partition="gpu", account="team", qos="low", options=("--requeue",))
    asked = arguments(Batch("b", (task(),)), site)
    assert asked[:4] == ("--requeue", "--partition=gpu", "--account=team", "--qos=low")
    assert asked.index("--no-requeue") > 0


def test_a_script_names_the_folders_and_nothing_of_the_environment() -> None:
    hostile = Job("x", ("run", "--token=hush"), Path("/shared/x"), env={"TOKEN": "hush"})
    batch = Batch("b", (Task(hostile, PurePosixPath('/shared/it\'s "$HOME"\n/attempts/1')),))
    text = script(batch, SITE, "def main(folders): ...")
    assert text.startswith("#!/usr/bin/python3 -IS\n")
    assert "hush" not in text
    call = ast.parse(text).body[-1]
    assert isinstance(call, ast.Expr)
    assert '/shared/it\'s "$HOME"\n/attempts/1' in [
        node.value for node in ast.walk(call) if isinstance(node, ast.Constant)
    ]


def test_a_python_without_a_path_is_looked_for_on_the_node() -> None:
    text = script(Batch("b", (task(),)), replace(SITE, python="python3.11"), "")
    assert text.startswith("#!/usr/bin/env python3.11\n")
