"""What is said of a job that took more than it may, whatever backend it runs on. Pure."""

from __future__ import annotations

from pathlib import PurePath

from ymir.spec.executor import Resources

RESERVE = 256 << 20  # bytes of a disk that a job must leave free,
SMALL = 20  # or this part of a small one


def of_memory(may: Resources) -> str:
    """It used up what it was given, or what there is."""
    if may.memory:
        return f"ran out of memory: it may use `memory: {may.memory}`"
    return "was killed because this machine ran out of memory; give it a limit by `memory`"


def of_disk(may: Resources) -> str:
    """Its `out` is too large."""
    return f"wrote more to `out` than its limit `disk: {may.disk}`"


def of_processes(may: Resources) -> str:
    """There are too many of them."""
    return f"had more processes and threads than its limit `pids: {may.pids}`"


def of_room(place: PurePath) -> str:
    """It left too little of a disk."""
    return f"was stopped because the disk of {place} is nearly full"
