"""Commands that take labels in, or change what is recorded, are killed at their effects.

Each is typed again, as a person would, and must then have done what it would have done.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree

import pytest

from tests.faults.matrix import age, leftovers, state
from tests.faults.small import small
from tests.loop.test_people import annotate
from tests.workspaces import Workspace, copied

Prepared = Callable[[Workspace], None]
STRIDE = 1 if os.environ.get("YMIR_SOAK") else 13
ENDED = (0, 3, 4)


def untouched(workspace: Workspace) -> None:
    """People have the batch and have not begun."""


def labelled(workspace: Workspace) -> None:
    """What people were asked for lies in the folder."""
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")


def begun(workspace: Workspace) -> None:
    """One image has its labels."""
    batch = workspace.root / "labels" / "pets-r1"
    annotate(min((batch / "images").iterdir()), batch / "annotations")


def whole(workspace: Workspace) -> None:
    """Both rounds are there."""
    labelled(workspace)
    done = workspace.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr


def unasked(workspace: Workspace) -> None:
    """And no spec asks for them any more."""
    whole(workspace)
    specs = workspace.root / "specs" / "all.yaml"
    kept, _, _ = specs.read_text().partition("---\napiVersion: ymir/v1\nkind: Project")
    specs.write_text(kept)
    workspace.run("git", "commit", "--quiet", "--all", "--message", "No project")


def pruned(workspace: Workspace) -> None:
    """And their records are gone, and no tag keeps their data."""
    unasked(workspace)
    done = workspace.ymir("prune", "pets", "--most", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    workspace.run("git", "tag", "--delete", *workspace.run("git", "tag").split())


@pytest.fixture(scope="module")
def parked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small workspace whose first batch waits for people; it has a remote for its data."""
    workspace = small(tmp_path_factory.mktemp("parked") / "pets", label={"use": "folder"})
    told = "{apiVersion: ymir/v1, kind: Workspace, remote: ../store}\n"
    (workspace.root / "specs" / "workspace.yaml").write_text(told)
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Where data go")
    done = workspace.ymir("apply")
    assert done.returncode == 3, done.stdout + done.stderr
    return workspace


@pytest.mark.parametrize(
    ("line", "prepare"),
    [
        ("apply --target pets/r1/label", labelled),
        ("labels pull", labelled),
        ("labels cancel pets-r1 --yes", untouched),
        ("labels cancel pets-r1 --yes", begun),
        ("rollback pets --to 1 --yes", whole),
        ("prune pets --most --yes", unasked),
        ("gc --yes --grace 0 --keep tips", pruned),
    ],
)
def test_a_command_that_is_killed_is_typed_again_and_does_what_it_would_have_done(
    parked: Workspace, line: str, prepare: Prepared, tmp_path: Path
) -> None:
    words = line.split()
    begin = copied(parked, tmp_path / "begin" / "pets")
    prepare(begin)
    calm = copied(begin, tmp_path / "calm" / "pets")
    log = tmp_path / "log.txt"
    ended = calm.disturbed(*words, log=str(log))
    assert ended.returncode in ENDED, ended.stdout + ended.stderr
    wanted = state(calm)
    for at in points(log, STRIDE):
        wild = copied(begin, tmp_path / str(at) / "pets")
        kill(wild, words, at, log)
        again = wild.ymir(*words)
        if again.returncode == 1:  # it is done, and is told so: any command makes its commit
            again = wild.ymir("labels", "pull")
        assert again.returncode in ENDED, (at, again.stdout + again.stderr)
        assert (at, wanted.differences(state(wild)), leftovers(wild.root)) == (at, [], [])


def test_what_was_sent_to_the_remote_before_a_kill_is_whole_there(
    parked: Workspace, tmp_path: Path
) -> None:
    calm = copied(parked, tmp_path / "calm" / "pets")
    log = tmp_path / "log.txt"
    assert calm.disturbed("push", log=str(log)).returncode == 0
    sent = stored(tmp_path / "calm" / "store")
    for at in points(log, 9 * STRIDE):
        wild = copied(parked, tmp_path / str(at) / "pets")
        kill(wild, ["push"], at, log)
        again = wild.ymir("push")
        assert again.returncode == 0, (at, again.stderr)
        there = stored(tmp_path / str(at) / "store")
        assert (at, [name for name in sent if there.get(name) != sent[name]]) == (at, [])
        assert leftovers(wild.root) == []


def test_a_pull_that_is_killed_is_typed_again_and_fetches_the_rest(
    parked: Workspace, tmp_path: Path
) -> None:
    first = copied(parked, tmp_path / "first" / "pets")
    assert first.ymir("push").returncode == 0
    wanted = state(first)
    first.run("git", "clone", "--quiet", ".", "../bare")
    copytree(tmp_path / "first" / "bare", tmp_path / "calm" / "pets")
    copytree(tmp_path / "first" / "store", tmp_path / "calm" / "store")
    calm = Workspace(tmp_path / "calm" / "pets")
    log = tmp_path / "log.txt"
    done = calm.disturbed("pull", log=str(log))
    assert done.returncode == 0, done.stderr
    assert set() < state(calm).objects <= wanted.objects
    assert calm.ymir("fsck").returncode == 0
    for at in points(log, 3 * STRIDE):
        wild = Workspace(tmp_path / str(at) / "pets")
        copytree(tmp_path / "first" / "bare", wild.root)
        copytree(tmp_path / "first" / "store", tmp_path / str(at) / "store")
        kill(wild, ["pull"], at, log)
        again = wild.ymir("pull")
        assert again.returncode == 0, (at, again.stderr)
        assert (at, state(calm).differences(state(wild))) == (at, [])


def points(log: Path, stride: int) -> range:
    """The effects to be killed at, counted from 1, of a command that has left this log."""
    return range(1, len(log.read_text().splitlines()) + 1, stride)


def kill(workspace: Workspace, words: Sequence[str], at: int, log: Path) -> None:
    """Type a command that is killed at this effect; a few of them come in some runs only."""
    ended = workspace.disturbed(*words, at=at, do="kill")
    is_last = at > 0.9 * len(log.read_text().splitlines())
    assert ended.returncode == -9 or (is_last and ended.returncode in ENDED), (at, ended.stderr)
    age(workspace.root)


def stored(store: Path) -> dict[str, int]:
    """The objects of a remote, and how large each is."""
    files = (path for path in store.rglob("*") if path.is_file())
    return {path.relative_to(store).as_posix(): path.stat().st_size for path in files}
