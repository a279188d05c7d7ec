"""Where jobs run: a backend, with what the workspace says of it."""

from __future__ import annotations

from dataclasses import dataclass

from ymir.contracts.backend import Backend, BackendPlugin, backends
from ymir.spec.executor import ExecutorSpec, Resources
from ymir.spec.workspace import BackendSpec


@dataclass(frozen=True)
class Place:
    """A backend plugin and its settings."""

    plugin: BackendPlugin
    spec: BackendSpec

    def connect(self) -> Backend:
        """Open the backend."""
        return self.plugin.connect(self.spec.with_)

    def lacks(self, resources: Resources) -> str | None:
        """What it has not got that jobs with these needs would ask for, in a line."""
        return self.plugin.lacks(resources, self.spec.with_)

    def is_contained(self, executor: ExecutorSpec) -> bool:
        """Whether jobs of this executor see `/in` and `/out`."""
        return self.plugin.is_contained(executor)


def place(spec: BackendSpec) -> Place:
    """The backend that a workspace names; imported only now."""
    return Place(backends.load(spec.use), spec)
