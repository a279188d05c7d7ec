"""Runs jobs in containers of Docker or Podman; they live on when ymir ends; the next one adopts."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from ymir.contracts.backend import Backend
from ymir.errors import EngineError
from ymir.gpus import gpus, missing
from ymir.spec.base import Count, Spec
from ymir.spec.executor import ExecutorSpec, Resources

# The engine's library takes its time to load, and tries addresses of this machine as it does: so
# only what needs an engine imports it, and nothing that checks specs.


class Settings(Spec):
    """What may be said of containers."""

    workers: Count = Field(
        default=1, description="How many jobs run at once, each in a container of its own."
    )


def connect(settings: Mapping[str, JsonValue]) -> Backend:
    """A backend that asks for the engine when it needs it."""
    from ymir.engine import client, containers

    width = Settings.model_validate(settings).workers
    return containers.Containers(client.connect, width=width)


def is_contained(executor: ExecutorSpec) -> bool:
    """Every job is: it sees `/in` and `/out`."""
    return True


def lacks(resources: Resources, settings: Mapping[str, JsonValue]) -> str | None:
    """GPUs, where there are fewer, or the engine cannot hand them out."""
    if not resources.gpus:
        return None
    if lack := missing(resources.gpus, gpus()):
        return lack
    from ymir.engine import client

    try:
        facts = client.connect().facts
    except EngineError as error:
        return str(error)
    if facts.is_podman:
        return "GPUs are asked for, and Podman ignores such requests: use Docker"
    return None if facts.gpus else "GPUs are asked for, and Docker has no NVIDIA runtime"
