"""How many histories are tried: the same few in CI, new ones for as long as `YMIR_SOAK` says."""

import os

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

SOAK = int(os.environ.get("YMIR_SOAK", "0"))
EACH = 10  # histories of one seed: from the eleventh on, five of six would be copies with an edit


def seeds(number: int) -> range:
    """So many seeds; `YMIR_SOAK=100` takes a hundred times as many."""
    return range(number * max(1, SOAK))


def tell(machine: type[RuleBasedStateMachine], number: int, *, steps: int) -> None:
    """Histories of so many steps; in CI those of this seed, otherwise others each time."""
    fixed = machine if SOAK else seed(number)(type(machine.__name__, (machine,), {}))
    run_state_machine_as_test(fixed, settings=_settings(EACH, steps))


def pace(*, examples: int, steps: int) -> settings:
    """So many histories of one machine that is slow; `YMIR_SOAK=100`: a hundred times as many."""
    return _settings(examples * max(1, SOAK), steps)


def _settings(examples: int, steps: int) -> settings:
    return settings(
        deadline=None,
        derandomize=not SOAK,
        database=None if not SOAK else settings.default.database,
        max_examples=examples,
        stateful_step_count=steps * (2 if SOAK else 1),
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=True,
        report_multiple_bugs=False,
    )
