"""Leases that are kept alive, lost, and given back."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lease.remotes import ELSEWHERE, bare, lease, refs
from ymir.errors import LockedError
from ymir.lease.heart import Heart
from ymir.lease.refs import Refs, Swap
from ymir.lease.sights import now

SHORT = 0.8  # seconds


@pytest.fixture
def store(tmp_path: Path) -> Refs:
    bare(tmp_path)
    return refs(tmp_path / "first")


def begin(
    store: Refs, *projects: str, expiry: float = SHORT, on_lost: Callable[[], None] = lambda: None
) -> Heart:
    """Leases of this process, taken."""
    ours = {name: lease(name, expiry=expiry) for name in projects}
    made = {name: store.put(each) for name, each in ours.items()}
    assert all(store.swap({name: Swap(None, each) for name, each in made.items()}).values())
    return Heart(store, {name: (ours[name], made[name]) for name in ours}, on_lost, now())


def beats(store: Refs, project: str = "pets") -> int:
    found = store.lease(store.there()[project])
    assert found is not None
    return found.beats


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came to be so")


def test_it_beats_for_all_until_it_ends_and_leaves_nothing(store: Refs) -> None:
    heart = begin(store, "cars", "pets")
    heart.start()
    until(lambda: beats(store, "cars") >= 2 and beats(store, "pets") >= 2)
    heart.assure()
    assert heart.end() is None
    assert store.there() == {}


def test_an_end_before_the_first_beat_is_one(store: Refs) -> None:
    assert begin(store, "pets").end() is None
    assert store.there() == {}


@pytest.mark.parametrize("is_taken_over", [True, False])
def test_a_lease_that_is_lost_is_told_once_and_nothing_is_assured(
    store: Refs, *, is_taken_over: bool
) -> None:
    lost = threading.Semaphore(0)
    heart = begin(store, "cars", "pets", on_lost=lost.release)
    theirs = store.put(lease("pets", number=2, process=ELSEWHERE)) if is_taken_over else None
    assert store.swap({"pets": Swap(store.there()["pets"], theirs)}) == {"pets": True}
    heart.start()
    assert lost.acquire(timeout=20)
    heart.join()
    says = "taken over by user2 on far" if is_taken_over else "somebody broke this run's lease"
    for ask in (heart.assure, heart.check):
        with pytest.raises(LockedError, match=says):
            ask()
    assert heart.end() is None
    assert store.there() == ({"pets": theirs} if theirs else {}), "only what is ours goes"
    assert not lost.acquire(blocking=False)


def test_a_beat_whose_echo_was_lost_is_our_own(store: Refs) -> None:
    heart = begin(store, "pets")
    ours = store.lease(store.there()["pets"])
    assert ours is not None
    unheard = store.put(ours.beaten("then"))
    assert store.swap({"pets": Swap(store.there()["pets"], unheard)}) == {"pets": True}
    heart.start()
    until(lambda: beats(store) >= 3)
    heart.assure()
    assert heart.end() is None
    assert store.there() == {}


def test_a_remote_that_is_away_for_a_while_is_borne(store: Refs, tmp_path: Path) -> None:
    heart = begin(store, "pets")
    heart.start()
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    back = threading.Timer(SHORT * 1.5, (tmp_path / "away.git").rename, [tmp_path / "remote.git"])
    back.start()
    threading.Event().wait(SHORT * 1.2)
    heart.assure()  # waits until the remote has confirmed it
    back.join()
    assert beats(store) >= 1
    assert heart.end() is None


def test_where_nobody_can_tell_whose_it_is_nothing_is_assured(store: Refs, tmp_path: Path) -> None:
    heart = begin(store, "pets", expiry=0.3)
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    threading.Event().wait(0.4)
    with pytest.raises(LockedError, match="nobody can tell whether") as told:
        heart.assure()
    assert "what its jobs made is kept" in str(told.value.hint)
    assert "does not answer" in str(heart.end()), "and it goes by itself"
