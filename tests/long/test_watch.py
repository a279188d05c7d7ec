"""A watcher that has woken a thousand times is as it was after the first hundred."""

import pytest

from tests.long.watched import Week, week

LOOKS, EVERY = 240, 20


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return week(tmp_path_factory.mktemp("week") / "root", LOOKS, EVERY)


def test_it_looks_and_applies_as_often_as_there_is_a_reason(watched: Week) -> None:
    assert watched.seen >= LOOKS
    assert LOOKS // 10 <= watched.applied <= LOOKS // 10 + 2
    assert watched.said >= LOOKS // 4, "edits are heard"


@pytest.mark.parametrize(("what", "more"), [("handles", 2), ("threads", 4), ("memory", 4)])
def test_it_stays_as_it_was(watched: Week, what: str, more: int) -> None:
    early, late = (each[what] for each in (watched.samples[3], watched.samples[-1]))
    assert late <= early + more, watched.samples
