"""How long a stage will take, by what was noted of others like it. Pure."""

from ymir.plan.snapshot import Facts, Snapshot
from ymir.plan.stage import Stage


def expected_seconds(stage: Stage, observed: Snapshot) -> float | None:
    """What it took last time: the stage itself, or its kind in an earlier round of its project."""
    if (version := observed.get(stage.name)) is not None:
        return _seconds(version.facts)
    if stage.round is None:
        return None
    kind = stage.name.rpartition("/")[2]
    for number in range(stage.round.number - 1, 0, -1):
        name = f"{stage.round.project}/r{number}/{kind}"
        if name in observed and (seconds := _seconds(observed[name].facts)) is not None:
            return seconds
    return None


def _seconds(facts: Facts) -> float | None:
    seconds = facts.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None
