"""What holds for all tests."""

import os
import signal

import pytest
from hypothesis import settings

pytest_plugins = ("tests.browsing", "tests.labelstudio.server", "tests.slurm.cluster")

LONGEST = (
    *("faults", "docs", "loop", "examples", "executors", "proof", "slurm", "kubernetes"),
    *(
        "watching",
        "api",
        "formats",
        "checkup",
        "laws",
        "security",
        "long",
        "rehearsal",
        "docs",
        "cli",
        "comparison",
    ),
)


def pytest_configure() -> None:
    """Ctrl-C is heard, also where the tests run in a shell's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("ymir", deadline=None)  # beside other tests anything may take long
    settings.load_profile("ymir")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for processes and servers."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders whose tests take longest begin first: no core waits at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))
