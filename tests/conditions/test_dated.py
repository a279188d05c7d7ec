"""Since when a condition holds, for which specs, and who is at work."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.plan.worlds import catalogue
from tests.workspaces import ENVIRONMENT
from ymir.conditions.dated import dated, iso
from ymir.conditions.runs import at_work, keep_ended, last_ended
from ymir.lock import locked
from ymir.plan.conditions import Condition

NOW = 1795428000.0
DAY = 86400.0
OK = Condition("project", "p", "Synced", "True", "UpToDate", "everything exists")
BAD = replace(OK, status="False", reason="StagesPending")


def since(root: Path, condition: Condition, now: float) -> float:
    return dated(root, catalogue(), [condition], now)[0].since


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with specs from one day ago and a round from half a day ago."""
    git(tmp_path, NOW, "init", "--quiet")
    commit(tmp_path, "specs/all.yaml", "a: 1", NOW - DAY)
    commit(tmp_path, "data/rounds/p/1.dvc", "outs: []", NOW - DAY / 2)
    commit(tmp_path, "README", "later", NOW - 60)
    return tmp_path


def git(root: Path, moment: float, *words: str) -> str:
    date = f"{moment:.0f} +0000"
    env = {**ENVIRONMENT, "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    done = subprocess.run(
        ["git", *words], cwd=root, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, name: str, text: str, moment: float) -> str:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    git(root, moment, "add", name)
    git(root, moment, "commit", "--quiet", "-m", name)
    return git(root, moment, "rev-parse", "HEAD")


def test_what_does_not_change_keeps_its_date(tmp_path: Path) -> None:
    assert since(tmp_path, OK, NOW) == NOW
    assert since(tmp_path, replace(OK, message="other words"), NOW + 60) == NOW
    assert since(tmp_path, BAD, NOW + 120) == NOW + 120
    assert since(tmp_path, replace(BAD, about="pets/r1"), NOW + 180) == NOW + 180


def test_a_clone_without_memory_dates_by_the_newest_record(repository: Path) -> None:
    assert since(repository, OK, NOW) == NOW - DAY / 2


def test_a_record_that_came_since_the_last_look_dates_the_change(repository: Path) -> None:
    assert since(repository, BAD, NOW) == NOW - DAY / 2
    commit(repository, "data/rounds/p/1.dvc", "outs: [a]", NOW + 60)
    assert since(repository, OK, NOW + 600) == NOW + 60
    assert since(repository, replace(OK, status="Unknown"), NOW + 900) == NOW + 900


def test_a_torn_memory_is_as_good_as_none(tmp_path: Path) -> None:
    since(tmp_path, OK, NOW)
    for text in ('{"project/p', "[]", '{"a": 1}', '{"a": {"state": ["x"], "since": 1}}'):
        (tmp_path / ".ymir" / "conditions.json").write_text(text)
        assert since(tmp_path, OK, NOW + 60) == NOW + 60


def test_a_condition_speaks_of_the_commit_of_its_specs_and_of_edits_since(
    repository: Path,
) -> None:
    newest = git(repository, NOW, "log", "-1", "--format=%H", "--", "specs")
    (one,) = dated(repository, catalogue(), [OK], NOW)
    assert (one.generation.commit, one.generation.edited) == (newest, False)
    (repository / "specs" / "all.yaml").write_text("a: 2")
    (two,) = dated(repository, catalogue(), [OK], NOW)
    assert two.generation.edited is True


def test_the_digest_is_of_the_objects_own_spec(tmp_path: Path) -> None:
    def digests(specs) -> list[str]:
        others = [replace(OK, kind="dataset", name="val"), replace(OK, kind="workspace", name="x")]
        return [each.generation.digest for each in dated(tmp_path, specs, [OK, *others], NOW)]

    before, after = digests(catalogue()), digests(catalogue(goal={"map": 0.9}))
    assert [a != b for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert digests(catalogue()) == before


def test_outside_of_git_nobody_knows_the_commit(tmp_path: Path) -> None:
    (one,) = dated(tmp_path, catalogue(), [OK], NOW)
    assert (one.generation.commit, one.generation.edited) == (None, None)
    said = one.data()
    assert said["since"] == "2026-11-23T10:00:00Z" == iso(NOW)
    assert json.loads(json.dumps(said)) == {
        "kind": "project",
        "name": "p",
        "type": "Synced",
        "status": "True",
        "reason": "UpToDate",
        "message": "everything exists",
        "about": None,
        "next": None,
        "link": None,
        "since": "2026-11-23T10:00:00Z",
        "observed_generation": {"digest": one.generation.digest, "commit": None, "edited": None},
    }


def test_who_is_at_work_is_whoever_else_holds_the_workspace(tmp_path: Path) -> None:
    assert at_work(tmp_path) is None
    with locked(tmp_path):
        assert at_work(tmp_path) is None, "this process itself"
    program = f"from ymir.lock import locked; from pathlib import Path\n\
with locked(Path({str(tmp_path)!r})): print('held', flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    said = at_work(tmp_path)
    assert said is not None
    assert said.startswith(f"process {other.pid} on ")
    other.kill()
    other.communicate()
    assert at_work(tmp_path) is None, "who was killed holds nothing"


def test_the_last_apply_is_remembered_with_its_exit_code(tmp_path: Path) -> None:
    assert last_ended(tmp_path) is None
    keep_ended(tmp_path, 3, NOW)
    ended = last_ended(tmp_path)
    assert ended is not None
    assert (ended.exit, ended.time, ended.pid) == (3, NOW, os.getpid())
    (tmp_path / ".ymir" / "last-apply.json").write_text("torn")
    assert last_ended(tmp_path) is None
