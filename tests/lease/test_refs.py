from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lease.remotes import PREFIX, bare, clone, git, lease, refs
from ymir.lease.git import Git, aside
from ymir.lease.lease import Lease, read, written
from ymir.lease.newer import address_of
from ymir.lease.refs import Refs, RefusedError, Swap, UnreachableError, prefix_of


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare(tmp_path)


def test_a_lease_is_read_as_it_was_written(remote: Path, tmp_path: Path) -> None:
    here, there = refs(tmp_path / "first"), refs(clone(tmp_path, "second"))
    mine = lease().beaten("later")
    made = here.put(mine)
    assert here.swap({"pets": Swap(None, made)}) == {"pets": True}
    assert there.there() == {"pets": made}
    assert there.lease(made) == mine


def test_a_ref_changes_only_if_it_is_as_believed(remote: Path, tmp_path: Path) -> None:
    store = refs(tmp_path / "first")
    one, two = (store.put(lease(number=number)) for number in (1, 2))
    assert store.swap({"pets": Swap(None, one)}) == {"pets": True}
    assert store.swap({"pets": Swap(None, two)}) == {"pets": False}
    assert store.swap({"pets": Swap(two, None)}) == {"pets": False}
    assert store.swap({"pets": Swap(one, two), "cars": Swap(None, one)}) == {
        "pets": True,
        "cars": True,
    }
    assert store.swap({"pets": Swap(two, None), "cars": Swap(two, None)}) == {
        "pets": True,
        "cars": False,
    }
    assert store.there() == {"cars": one}


def test_of_twenty_who_want_it_at_once_exactly_one_gets_it(remote: Path, tmp_path: Path) -> None:
    clones = [refs(clone(tmp_path, f"c{number}")) for number in range(20)]

    def swap(number: int) -> bool:
        made = clones[number].put(lease(number=number))
        return clones[number].swap({"pets": Swap(None, made)})["pets"]

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(swap, range(20)))
    assert won.count(True) == 1
    found = clones[0].lease(clones[0].there()["pets"])
    assert found is not None
    assert found.id == f"{won.index(True):012x}"


def test_nothing_is_left_in_the_repository_of_the_user(remote: Path, tmp_path: Path) -> None:
    root = clone(tmp_path, "second")
    hook = root / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    hook.chmod(0o755)
    before = sorted(path for path in (root / ".git").rglob("*") if path != hook)
    with aside(root) as quiet:
        store = Refs(quiet, "origin", "origin", PREFIX)
        for number in (1, 2):
            made = store.put(lease(number=number))
            assert store.swap({"pets": Swap(store.there().get("pets"), made)}) == {"pets": True}
        other = refs(tmp_path / "first")
        newest = other.put(lease(number=3))
        assert other.swap({"pets": Swap(made, newest)}) == {"pets": True}
        assert store.lease(newest) == other.lease(newest)
    assert sorted(path for path in (root / ".git").rglob("*") if path != hook) == before
    assert not (tmp_path / "ran").exists()


def test_who_fetches_all_refs_is_left_no_broken_ones(remote: Path, tmp_path: Path) -> None:
    root = clone(tmp_path, "second")
    git(root, "config", "--add", "remote.origin.fetch", "+refs/*:refs/remotes/origin/*")
    with aside(root) as quiet:
        store = Refs(quiet, address_of(quiet, "origin"), "origin", PREFIX)
        assert store.swap({"pets": Swap(None, store.put(lease()))}) == {"pets": True}
    assert "ymir" not in git(root, "for-each-ref")
    git(root, "fsck", "--strict")


def test_no_password_is_repeated(remote: Path, tmp_path: Path) -> None:
    said = Git(tmp_path / "first")("push", "https://ann:secret@127.0.0.1:9/x.git", "HEAD:refs/x")
    assert said.code
    assert "secret" not in said.why


def test_a_shallow_clone_and_a_detached_head_hold_leases_too(remote: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", remote.as_uri(), "shallow")
    git(tmp_path / "shallow", "checkout", "-q", "--detach")
    store = refs(tmp_path / "shallow")
    made = store.put(lease())
    assert store.swap({"pets": Swap(None, made)}) == {"pets": True}
    assert store.lease(made) is not None


def test_a_remote_that_is_gone_is_told_apart_from_one_that_refuses(
    remote: Path, tmp_path: Path
) -> None:
    store = refs(tmp_path / "first")
    made = store.put(lease())
    git(remote, "config", "receive.hideRefs", "refs/ymir")
    with pytest.raises(RefusedError, match="hidden ref") as refused:
        store.swap({"pets": Swap(None, made)})
    assert "hold: never" in str(refused.value.hint)
    remote.rename(tmp_path / "away.git")
    for ask in (store.there, lambda: store.swap({"pets": Swap(None, made)})):
        with pytest.raises(UnreachableError, match="`origin` does not answer"):
            ask()


def test_a_hook_of_the_server_that_refuses_is_quoted(remote: Path, tmp_path: Path) -> None:
    hook = remote / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    store = refs(tmp_path / "first")
    with pytest.raises(RefusedError, match="hook declined"):
        store.swap({"pets": Swap(None, store.put(lease()))})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"format": "ymir-lease/9"}',
        written(lease()).replace('"expiry":60.0', '"expiry":1e12'),
        written(lease()).replace('"expiry":60.0', '"expiry":-1'),
        written(lease()).replace("user1", "u" * 9999),
        written(lease()).replace('"pid":', '"pid":"x","was":'),
    ],
)
def test_what_is_no_lease_is_read_as_none(text: str) -> None:
    assert read(text) is None


def test_what_somebody_else_put_into_the_ref_is_no_lease(remote: Path, tmp_path: Path) -> None:
    git(
        tmp_path / "first", "push", "-q", "origin", f"HEAD:{PREFIX}pets", f"HEAD^{{tree}}:{PREFIX}x"
    )
    store = refs(clone(tmp_path, "second"))
    assert [store.lease(found) for found in store.there().values()] == [None, None]
    assert store.text("0" * 40) is None, "no ref holds it"


def test_a_newer_ymir_may_say_more(tmp_path: Path) -> None:
    assert isinstance(read(written(lease()).replace('{"format"', '{"more":[1],"format"')), Lease)


def test_workspaces_of_one_repository_have_leases_of_their_own() -> None:
    assert len({prefix_of(""), prefix_of("a/"), prefix_of("a/b"), prefix_of("ä b")}) == 4
    assert prefix_of("a/") == prefix_of("a")


def test_a_remote_that_never_answers_is_given_up(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    slow = Git(tmp_path, {"GIT_SSH_COMMAND": "sh -c 'sleep 60' &"})
    said = slow("-c", "alias.slow=!sleep 60 & sleep 60", "slow", patience=0.3)
    assert said.code == 124
    assert "no answer" in said.why
