"""Whether any node could ever take a job. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ymir.kubernetes.settings import Settings, Toleration
from ymir.spec.executor import Resources, size_in_bytes

_QUANTITY = re.compile(r"([0-9.]+)(?:e([0-9]+)|([munkKMGTPE]?)(i?))")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_SMALL = {"m": 1e-3, "u": 1e-6, "n": 1e-9}

Node = Mapping[str, Any]


def shortage(nodes: Sequence[Node], asked: Resources, settings: Settings) -> str | None:
    """What no node has that jobs may use; None where one has it all, or there is no telling."""
    fit = [node for node in nodes if _may_run(node, settings)]
    if not nodes:
        return None
    if not fit:
        return "no node of the cluster has the labels and tolerates the taints that are asked for"
    for name, amount, words in _wanted(asked, settings):
        most = max(_has(node, name) for node in fit)
        if most < amount:
            return f"{words}, and no node of the cluster can give more than {_shown(name, most)}"
    wanted = list(_wanted(asked, settings))
    if any(all(_has(node, name) >= amount for name, amount, _ in wanted) for node in fit):
        return None
    return f"no node of the cluster has all of it: {', '.join(words for *_, words in wanted)}"


def amount(quantity: str) -> float:
    """`500m`, `16Gi` or `1e3` as a number."""
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        return 0.0
    number, exponent, unit, binary = found.groups()
    if exponent:
        return float(number) * 10.0 ** int(exponent)
    if unit in _SMALL:
        return float(number) * _SMALL[unit]
    return float(number) * float(1024 if binary else 1000) ** _POWERS[unit]


def _wanted(asked: Resources, settings: Settings) -> list[tuple[str, float, str]]:
    """Each resource by its name in Kubernetes: how much of it, and that in words."""
    wanted: list[tuple[str, float, str]] = []
    if asked.gpus:
        wanted.append((settings.gpu, asked.gpus, f"{asked.gpus} of `{settings.gpu}` asked for"))
    if asked.cpus:
        wanted.append(("cpu", asked.cpus, f"`cpus: {asked.cpus:g}` asked for"))
    if asked.memory:
        words = f"`memory: {asked.memory}` asked for"
        wanted.append(("memory", size_in_bytes(asked.memory), words))
    return wanted


def _has(node: Node, name: str) -> float:
    return amount(str(node["status"].get("allocatable", {}).get(name, "0")))


def _shown(name: str, most: float) -> str:
    return f"{most / (1 << 30):.1f} GiB" if name == "memory" else f"{most:g}"


def _may_run(node: Node, settings: Settings) -> bool:
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in settings.node_selector.items()):
        return False
    taints = node.get("spec", {}).get("taints") or ()
    closing = [each for each in taints if each.get("effect") != "PreferNoSchedule"]
    lasting = [each for each in closing if not _is_passed(str(each["key"]), settings)]
    return all(any(_tolerates(t, taint) for t in settings.tolerations) for taint in lasting)


def _is_passed(key: str, settings: Settings) -> bool:
    """Of a taint that comes and goes, or that clusters tolerate for whoever asks for GPUs."""
    return key.startswith("node.kubernetes.io/") or key == settings.gpu


def _tolerates(toleration: Toleration, taint: Mapping[str, Any]) -> bool:
    if toleration.effect not in (None, taint.get("effect")):
        return False
    if toleration.key is not None and toleration.key != taint["key"]:
        return False
    return toleration.operator == "Exists" or (toleration.value or "") == (taint.get("value") or "")
