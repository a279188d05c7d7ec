"""Whether the nodes of a cluster could ever give what a job asks, by what `sinfo` says. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ymir.slurm.submission import Site, minutes
from ymir.spec.executor import Resources, seconds, size_in_bytes

FORMAT = "%P|%N|%c|%m|%l|%G"  # partition, node, processors, memory in MB, longest time, gres

_GPU = re.compile(r"gpu(?::(?P<kind>[^:,()]+))?:(?P<count>\d+)(?:\(|,|$)")


@dataclass(frozen=True)
class Node:
    """One node, as a partition has it."""

    partition: str
    name: str
    cpus: int
    memory: int  # MB
    minutes: int | None = None  # for which a job may run; None: no limit
    gpus: tuple[tuple[str, int], ...] = field(default=())  # how many of which kind
    is_default: bool = False

    def count(self, kind: str | None) -> int:
        """How many GPUs it has, of one kind or of all."""
        return sum(count for each, count in self.gpus if kind in (None, each))


def read_nodes(text: str) -> tuple[Node, ...]:
    """Every node of every partition."""
    return tuple(node for line in text.splitlines() if (node := _node(line)) is not None)


def lack(resources: Resources, site: Site, nodes: Sequence[Node]) -> str | None:
    """What no node could ever give to such a job, in a line."""
    there = _of_partition(site, nodes)
    if not there:
        names = ", ".join(sorted({f"`{node.partition}`" for node in nodes}))
        return f"Slurm has no partition `{site.partition}`: there are {names}" if names else None
    where = f"no node of partition `{site.partition or there[0].partition}`"
    longest = max(math.inf if node.minutes is None else node.minutes for node in there)
    if minutes(seconds(resources.timeout), site) > longest:
        asked = f"`timeout: {resources.timeout}` and the margin of {site.margin} seconds"
        return f"{where} runs a job for {asked}: the most is {longest:g} minutes"
    fitting = [node for node in there if _missing(resources, site, node) is None]
    if fitting:
        return None
    return f"{where} has {_missing(resources, site, max(there, key=_size))}"


def _missing(asked: Resources, site: Site, node: Node) -> str | None:
    kind = f" of the kind `{site.gpu}`" if site.gpu else ""
    if asked.gpus and (most := node.count(site.gpu)) < asked.gpus:
        name = "GPU" if asked.gpus == 1 else "GPUs"
        return f"{asked.gpus} {name}{kind}: the most is {most}"
    if asked.cpus and node.cpus < math.ceil(asked.cpus):
        return f"{asked.cpus:g} processors: the most is {node.cpus}"
    if asked.memory and node.memory * 1024**2 < size_in_bytes(asked.memory):
        return f"`memory: {asked.memory}`: the most is {node.memory} MB"
    return None


def _node(line: str) -> Node | None:
    fields = line.strip().split("|", 5)
    if len(fields) < 6 or not fields[0]:
        return None
    partition, name, cpus, memory, longest, gres = fields
    found = _GPU.finditer(gres)
    return Node(
        partition=partition.rstrip("*"),
        name=name,
        cpus=_number(cpus),
        memory=_number(memory),
        minutes=_minutes(longest),
        gpus=tuple((each["kind"] or "", int(each["count"])) for each in found),
        is_default=partition.endswith("*"),
    )


def _number(text: str) -> int:
    """Slurm writes `4+` where it speaks of several."""
    return int(re.sub(r"\D", "", text) or 0)


def _minutes(text: str) -> int | None:
    """`2-00:00:00`, `30:00` or `infinite`."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", text)
    if found is None:
        return None
    days, hours, minute, _ = (int(each or 0) for each in found.groups())
    return (days * 24 + hours) * 60 + minute


def _of_partition(site: Site, nodes: Sequence[Node]) -> list[Node]:
    if site.partition is None:
        return [node for node in nodes if node.is_default] or list(nodes)
    names = site.partition.split(",")
    return [node for node in nodes if node.partition in names]


def _size(node: Node) -> tuple[int, int, int]:
    return node.count(None), node.cpus, node.memory
