"""The desired graph: what should exist, and what it is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from ymir.errors import SpecError

Settings = Mapping[str, JsonValue]
_NAMES = 65_536  # of stages, whose rounds are kept in mind: planning asks for each many times


@dataclass(frozen=True)
class RoundOf:
    """Which round of which project a stage belongs to."""

    project: str
    number: int

    def __str__(self) -> str:
        return f"{self.project}/r{self.number}"

    @staticmethod
    @lru_cache(_NAMES)
    def of(stage: str) -> RoundOf | None:
        """The round that the stage of this name belongs to; None where it belongs to none."""
        match stage.split("/"):
            case [project, number, _] if number[1:].isdecimal():
                return RoundOf(project, int(number.removeprefix("r")))
        return None

    def stage(self, kind: str) -> str:
        """The name of this round's stage of one kind, e.g. `helmet/r3/train`."""
        return f"{self.project}/r{self.number}/{kind}"


@dataclass(frozen=True)
class Stage:
    """One artefact the user wants, and how to make it.

    `digests` are inputs that are not stages: the source files of an import, an executor's program.
    A sealed stage that exists is never made again, whatever its recipe would be today. An obstacle
    says why the stage cannot be made at all until a person acts; so does a gate, where nothing is
    broken, but the project asked to be stopped. `suspended` names the specs that say so.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    settings: Settings = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    round: RoundOf | None = None
    sealed: bool = False
    obstacle: str | None = None
    gate: str | None = None
    suspended: str | None = None


@dataclass(frozen=True)
class Graph:
    """All stages, each after its inputs."""

    stages: tuple[Stage, ...]

    @classmethod
    def of(cls, stages: Mapping[str, Stage]) -> Graph:
        """Order the stages; reject unknown inputs and cycles."""
        for stage in stages.values():
            for name in stage.inputs:
                if name not in stages:
                    raise SpecError(f"`{stage.name}` needs `{name}`, which no spec defines")
        sorter = TopologicalSorter({stage.name: stage.inputs for stage in stages.values()})
        try:
            return cls(tuple(stages[name] for name in sorter.static_order()))
        except CycleError as error:
            raise SpecError(
                f"these depend on each other: {' -> '.join(error.args[1])}",
                hint="take one of them out of `merge` of another",
            ) from error

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages)
