"""What no node could ever give is known before anything begins."""

from dataclasses import replace
from pathlib import Path

import pytest

from ymir.slurm.fitting import Node, lack, read_nodes
from ymir.slurm.submission import Site
from ymir.spec.executor import Resources

SAID = (Path(__file__).parent / "said" / "sinfo.txt").read_text()
NODES = (
    Node("cpu", "c1", cpus=64, memory=256_000, is_default=True),
    Node("gpu", "g1", cpus=8, memory=32_000, minutes=720, gpus=(("a100", 2), ("t4", 4))),
    Node("gpu", "g2", cpus=32, memory=64_000, minutes=720, gpus=(("a100", 1),)),
)


def asked(**resources: object) -> Resources:
    return Resources(**{"timeout": "1h", **resources})  # type: ignore[arg-type]


def test_nodes_are_read_as_slurm_lists_them() -> None:
    found = read_nodes(SAID)
    assert [node.name for node in found] == ["n1", "n2", "n3"]
    assert found[0] == Node("gpu", "n1", 4, 8000, gpus=(("", 2),), is_default=True)


@pytest.mark.parametrize(
    ("said", "gpus"),
    [
        ("gpu:2", 2),
        ("gpu:a100:4(S:0-1)", 4),
        ("gpu:a100:4(S:0-1),gpu:t4:2,mps:100", 6),
        ("(null)", 0),
        ("shard:8", 0),
    ],
)
def test_gpus_are_counted_however_they_are_written(said: str, gpus: int) -> None:
    (node,) = read_nodes(f"gpu|n1|4|8000|2-12:30:00|{said}\n")
    assert node.count(None) == gpus
    assert node.minutes == 3630


def test_lines_that_are_no_nodes_are_none() -> None:
    assert read_nodes("slurm is being upgraded\n\n|||||\n") == ()


@pytest.mark.parametrize(
    ("wanted", "partition", "why"),
    [
        (asked(gpus=1), "cpu", "no node of partition `cpu` has 1 GPU: the most is 0"),
        (asked(gpus=7), "gpu", "no node of partition `gpu` has 7 GPUs: the most is 6"),
        (asked(cpus=80.0), None, "no node of partition `cpu` has 80 processors: the most is 64"),
        (
            asked(memory="300g"),
            "cpu",
            "no node of partition `cpu` has `memory: 300g`: the most is 256000 MB",
        ),
        (
            asked(timeout="12h"),
            "gpu",
            "no node of partition `gpu` runs a job for `timeout: 12h` and the margin of 300 "
            "seconds: the most is 720 minutes",
        ),
        (asked(), "big", "Slurm has no partition `big`: there are `cpu`, `gpu`"),
        (asked(gpus=1), "cpu,gpu", None),
        (asked(cpus=8.0, memory="200g", timeout="7d"), None, None),
    ],
)
def test_what_no_node_has_is_said_in_a_line(
    wanted: Resources, partition: str | None, why: str | None
) -> None:
    assert lack(wanted, replace(Site(), partition=partition), NODES) == why


def test_one_node_must_have_all_of_it() -> None:
    site = Site(partition="gpu")
    assert lack(asked(gpus=2, cpus=8.0), site, NODES) is None
    assert lack(asked(gpus=2, cpus=16.0), site, NODES) is not None


def test_a_kind_of_gpus_is_looked_for() -> None:
    site = Site(partition="gpu", gpu="a100")
    assert lack(asked(gpus=2), site, NODES) is None
    assert "of the kind `a100`" in str(lack(asked(gpus=3), site, NODES))


def test_without_nodes_nothing_is_known() -> None:
    assert lack(asked(gpus=1), Site(partition="gpu"), ()) is None
