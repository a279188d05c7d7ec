"""What no node could give is said; what one could is not."""

from typing import Any

import pytest

from ymir.kubernetes.nodes import amount, shortage
from ymir.kubernetes.settings import Settings
from ymir.spec.executor import Resources

TAINT = {"key": "dedicated", "value": "vision", "effect": "NoSchedule"}


def node(cpu: str = "8", memory: str = "32Gi", gpus: int = 0, **more: Any) -> dict[str, Any]:
    given = {"cpu": cpu, "memory": memory, "nvidia.com/gpu": str(gpus)}
    return {
        "metadata": {"labels": more.get("labels", {})},
        "spec": {"taints": more.get("taints", [])},
        "status": {"allocatable": given},
    }


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"claim": "c", "folder": "/", **more})


@pytest.mark.parametrize(
    ("quantity", "meant"),
    [("8", 8), ("500m", 0.5), ("16Gi", 16 << 30), ("1k", 1000), ("1e3", 1000), ("1.5Mi", 1572864)],
)
def test_quantities_are_read_as_kubernetes_writes_them(quantity: str, meant: float) -> None:
    assert amount(quantity) == meant


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Resources(gpus=2), None),
        (Resources(gpus=3), "3 of `nvidia.com/gpu` asked for, and no node"),
        (Resources(cpus=9.0), "`cpus: 9` asked for, and no node"),
        (Resources(memory="64g"), "can give more than 32.0 GiB"),
        (Resources(gpus=2, cpus=8.0), "no node of the cluster has all of it"),
    ],
)
def test_a_job_has_to_fit_on_one_node(asked: Resources, said: str | None) -> None:
    found = shortage([node(), node(cpu="4", gpus=2)], asked, settings())
    assert (found is None) == (said is None)
    assert said is None or said in (found or "")


def test_nodes_that_keep_jobs_away_do_not_count() -> None:
    asked, closed = Resources(gpus=1), [node(gpus=1, taints=[TAINT])]
    assert "taints" in (shortage(closed, asked, settings()) or "")
    assert shortage(closed, asked, settings(tolerations=[{**TAINT}])) is None
    everything = settings(tolerations=[{"operator": "Exists"}])
    assert shortage(closed, asked, everything) is None
    other = settings(tolerations=[{"key": "dedicated", "value": "other"}])
    assert shortage(closed, asked, other)


def test_taints_that_come_and_go_or_stand_for_gpus_say_nothing() -> None:
    away = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    gpus = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
    assert shortage([node(gpus=1, taints=[away, gpus])], Resources(gpus=1), settings()) is None


def test_labels_that_are_asked_for_count() -> None:
    nodes = [node(gpus=1, labels={"pool": "gpu"})]
    assert shortage(nodes, Resources(gpus=1), settings(node_selector={"pool": "gpu"})) is None
    assert shortage(nodes, Resources(gpus=1), settings(node_selector={"pool": "cpu"}))


def test_of_nodes_that_nobody_shows_nothing_is_said() -> None:
    assert shortage([], Resources(gpus=8), settings()) is None
