"""Who gets a lease that somebody has, and who does not; no clock of another machine is believed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lease.remotes import ELSEWHERE, bare, clone, git, lease, refs, watch
from ymir.errors import LockedError, StoreError
from ymir.lease.lease import Lease
from ymir.lease.process import this_process
from ymir.lease.refs import Refs, Swap
from ymir.lease.sights import Sights
from ymir.lease.taking import Found, Standing, look, take

GONE = replace(this_process(), began="0")  # this number, but another process


@pytest.fixture
def store(tmp_path: Path) -> Refs:
    bare(tmp_path)
    return refs(tmp_path / "first")


def hold(store: Refs, theirs: Lease) -> str:
    made = store.put(theirs)
    assert store.swap({theirs.project: Swap(None, made)}) == {theirs.project: True}
    return made


def get(store: Refs, tmp_path: Path, *wanted: Lease) -> tuple[dict[str, str], list[Found]]:
    told: list[Found] = []
    return take(store, wanted, watch(tmp_path / "seen.json", told)), told


def test_what_nobody_has_is_taken_at_once(store: Refs, tmp_path: Path) -> None:
    taken, told = get(store, tmp_path, lease(), lease("cars"))
    assert taken == store.there()
    assert sorted(taken) == ["cars", "pets"]
    assert not told


def test_a_live_process_of_this_machine_keeps_it(store: Refs, tmp_path: Path) -> None:
    made = hold(store, lease(number=1))
    with pytest.raises(LockedError, match=r"pets is worked on by user1 on .* \(process "):
        get(store, tmp_path, lease(number=2))
    assert store.there() == {"pets": made}


def test_a_process_of_this_machine_that_is_gone_is_not_waited_for(
    store: Refs, tmp_path: Path
) -> None:
    hold(store, lease(number=1, process=GONE, expiry=86_400))
    taken, told = get(store, tmp_path, lease(number=2))
    assert taken == store.there()
    assert not told


def test_work_that_goes_on_without_its_run_keeps_it(store: Refs, tmp_path: Path) -> None:
    made = hold(store, lease(number=1, process=GONE))

    def is_over(found: Found) -> bool:
        assert found.standing is Standing.GONE
        raise LockedError("its job still works")

    with pytest.raises(LockedError, match="its job still works"):
        take(store, [lease(number=2)], watch(tmp_path / "seen.json", [], is_over))
    assert store.there() == {"pets": made}


@pytest.mark.parametrize("clock", ["1970-01-01T00:00:00+00:00", "2999-12-31T23:59:59+00:00", "?"])
def test_silence_counts_and_not_what_the_holders_clock_says(
    store: Refs, tmp_path: Path, clock: str
) -> None:
    theirs = lease(number=1, process=ELSEWHERE, expiry=0.5)
    hold(store, theirs.model_copy(update={"since": clock, "heartbeat": clock}))
    taken, told = get(store, tmp_path, lease(number=2))
    assert taken == store.there()
    assert [each.project for each in told] == ["pets"], "it was watched, and said so once"


@pytest.mark.parametrize("lives", [True, False])
def test_where_nobody_can_see_the_work_of_one_that_is_gone_its_silence_counts(
    store: Refs, tmp_path: Path, *, lives: bool
) -> None:
    theirs = lease(number=1, process=GONE, expiry=0.8)
    made = hold(store, theirs)
    beat = threading.Timer(0.4, store.swap, [{"pets": Swap(made, store.put(theirs.beaten("now")))}])
    if lives:
        beat.start()
    try:
        take(store, [lease(number=2)], watch(tmp_path / "seen.json", [], lambda found: False))
        is_taken = True
    except LockedError:
        is_taken = False
    assert is_taken is not lives


def test_one_sign_of_life_is_enough(store: Refs, tmp_path: Path) -> None:
    theirs = lease(number=1, process=ELSEWHERE)
    made = hold(store, theirs)
    beaten = store.put(theirs.beaten("an hour ago"))
    beat = threading.Timer(0.5, store.swap, [{"pets": Swap(made, beaten)}])
    beat.start()
    with pytest.raises(LockedError, match="user1 on far"):
        get(store, tmp_path, lease(number=2))
    beat.join()
    assert store.there() == {"pets": beaten}


def test_what_is_given_back_while_it_is_watched_is_taken(store: Refs, tmp_path: Path) -> None:
    made = hold(store, lease(number=1, process=ELSEWHERE))
    back = threading.Timer(0.5, store.swap, [{"pets": Swap(made, None)}])
    back.start()
    taken, _ = get(store, tmp_path, lease(number=2))
    back.join()
    assert taken == store.there()


def test_silence_is_remembered_from_one_run_to_the_next(store: Refs, tmp_path: Path) -> None:
    sights = Sights(tmp_path / "seen.json")
    hold(store, lease(number=1, process=ELSEWHERE, expiry=0.3))
    (first,) = look(store, sights)
    assert first.standing is Standing.UNKNOWN
    threading.Event().wait(0.4)
    (again,) = look(store, Sights(tmp_path / "seen.json"))
    assert again.standing is Standing.SILENT


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"machine": 1}', '{"machine":"x","seen":{"a":1}}']
)
def test_a_memory_that_is_broken_or_of_another_start_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen.json").write_text(text)
    assert Sights(tmp_path / "seen.json").unchanged(["a"]) == {"a": 0.0}


def test_all_or_none(store: Refs, tmp_path: Path) -> None:
    made = hold(store, lease("pets", number=1))
    with pytest.raises(LockedError):
        get(store, tmp_path, lease("cars", number=2), lease("pets", number=2))
    assert store.there() == {"pets": made}


def test_of_twenty_takers_of_what_is_silent_exactly_one_gets_it(
    store: Refs, tmp_path: Path
) -> None:
    hold(store, lease(number=99, process=ELSEWHERE, expiry=0.5))
    clones = [refs(clone(tmp_path, f"c{number}")) for number in range(20)]

    def attempt(number: int) -> bool:
        file = tmp_path / f"seen{number}.json"
        try:
            take(clones[number], [lease(number=number)], watch(file, []))
        except LockedError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(attempt, range(20)))
    assert won.count(True) == 1
    found = store.lease(store.there()["pets"])
    assert found is not None
    assert found.id == f"{won.index(True):012x}"


def test_what_is_no_lease_is_left_to_people(store: Refs, tmp_path: Path) -> None:
    git(tmp_path / "first", "push", "-q", "origin", f"HEAD:{store.prefix}pets")
    (found,) = look(store, Sights(tmp_path / "seen.json"))
    assert (found.standing, found.expiry) == (Standing.UNKNOWN, 86_400.0)
    with pytest.raises(LockedError, match="cannot read the lease") as refused:
        get(store, tmp_path, lease())
    assert "ymir lock break pets" in str(refused.value.hint)


@pytest.mark.parametrize("ask", [lambda store, path: look(store, Sights(path / "seen.json")), get])
def test_a_remote_that_is_gone_takes_nothing_away(
    store: Refs, tmp_path: Path, ask: Callable[..., object]
) -> None:
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    wanted = () if ask is not get else (lease(),)
    with pytest.raises(StoreError, match="does not answer"):
        ask(store, tmp_path, *wanted)
