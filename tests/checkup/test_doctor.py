"""What `ymir doctor` names is mended by the very command that it prints."""

import json
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checkup import breaking
from tests.checkup.breaking import Break
from tests.lease.remotes import lease
from tests.workspaces import Workspace, copied, with_origin
from ymir.checkup import leftovers
from ymir.checkup.versioning import unfit
from ymir.lease.git import Git
from ymir.lease.process import this_process
from ymir.lease.refs import Refs, Swap, prefix_of

TOLD = "{apiVersion: ymir/v1, kind: Workspace, remote: ../store}\n"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A round is recorded and pushed, and its batch waits for people. Copy it, never change it."""
    folder = tmp_path_factory.mktemp("doctor")
    made = with_origin(folder / "pets", TOLD, label={"use": "folder", "with": {"format": "voc"}})
    assert made.ymir("apply").returncode == 3
    assert made.ymir("push", "--git").returncode == 0
    return made


@pytest.fixture
def pets(sound: Workspace, tmp_path: Path) -> Workspace:
    for name in ("store", "origin.git"):
        shutil.copytree(sound.root.parent / name, tmp_path / name)
    made = copied(sound, tmp_path / "pets")
    made.run("git", "remote", "set-url", "origin", str(tmp_path / "origin.git"))
    return made


def found(workspace: Workspace, *words: str) -> tuple[int, list[dict]]:
    """The exit code, and what is wrong."""
    done = workspace.ymir("doctor", "--json", *words)
    assert not done.stderr
    said = json.loads(done.stdout)
    assert said["exit"] == done.returncode
    return done.returncode, said["findings"]


def typed(workspace: Workspace, command: str) -> None:
    """Type a command into a shell, as people would."""
    if command.startswith("ymir "):
        done = workspace.ymir(*command.split()[1:])
        assert done.returncode in (0, 3), done.stdout + done.stderr
    else:
        workspace.run("sh", "-c", command)


def files_under(folder: Path) -> dict[str, int]:
    """Every file, and when it was changed last, but for what any plan remembers of sources."""
    paths = (path for path in folder.rglob("*") if "sources" not in path.parts)
    return {str(path): path.lstat().st_mtime_ns for path in paths}


def test_nothing_is_wrong_with_a_sound_workspace_and_looking_writes_nothing(sound) -> None:
    before = files_under(sound.root)
    assert found(sound) == (0, [])
    assert files_under(sound.root) == before
    done = sound.ymir("doctor", "--remote", "--deep")
    assert done.returncode == 0, done.stdout
    assert "nothing is wrong" in done.stdout
    assert done.stdout.count("✓") == 8


ERRORS: dict[str, Break] = {
    "git-locked": breaking.lock_index,
    "under-way": breaking.leave_merge,
    "unignored": breaking.ignore_nothing,
    "ymir-tracked": breaking.track_state,
    "unlooked": breaking.garble_config,
    "no-project": breaking.remove_config,
    "no-remote": breaking.forget_remote,
    "dvc-locked": breaking.tear_lock,
    "pointer-removed": breaking.remove_pointer,
    "cache-damaged": breaking.write_into_store,
    "cache-torn": breaking.tear,
    "lost": breaking.lose,
}
WARNINGS: dict[str, Break] = {
    "no-repository": breaking.forget_history,
    "detached": breaking.detach,
    "kept": breaking.keep_branch,
    "uncommitted": breaking.uncommit,
    "unpushed": breaking.commit_alone,
    "artefact-edited": breaking.edit_table,
    "cache-missing": breaking.unfetch,
    "unsent": breaking.unsend,
    "killed": breaking.kill,
    "unwanted": breaking.outlive_spec,
    "batch-away": breaking.take_batch_away,
    "orphan": breaking.leave_folder,
    "quarantine": breaking.put_aside,
}


@pytest.mark.parametrize("code", [*ERRORS, *WARNINGS])
def test_what_is_broken_is_named_and_mended_by_the_command_that_is_printed(pets, code) -> None:
    (ERRORS | WARNINGS)[code](pets)
    exit_code, wrong = found(pets)
    assert code in [each["code"] for each in wrong]
    assert exit_code == (1 if code in ERRORS else 0), wrong
    for each in wrong:
        if each["code"] == code:
            typed(pets, each["mend"])
    _, left = found(pets)
    assert code not in [each["code"] for each in left], left
    for _ in range(2):  # what was put aside wants a look, what was committed wants to be sent
        for each in left:
            typed(pets, each["mend"])
        _, left = found(pets)
    assert left == []
    after = pets.ymir("apply")
    assert after.returncode == 3, after.stdout + after.stderr


def test_what_only_a_second_reading_finds_is_found_when_asked_for(pets) -> None:
    breaking.rot(pets)
    assert found(pets) == (0, [])
    code, wrong = found(pets, "--deep")
    assert (code, [each["code"] for each in wrong]) == (1, ["damaged"])
    typed(pets, wrong[0]["mend"])
    assert [each["code"] for each in found(pets, "--deep")[1]] == ["quarantine"]


def test_what_the_remote_has_lost_is_found_when_it_is_asked(pets) -> None:
    breaking.lose_there(pets)
    assert found(pets) == (0, [])
    code, wrong = found(pets, "--remote")
    assert (code, [each["code"] for each in wrong]) == (0, ["remote-missing"])
    typed(pets, wrong[0]["mend"])
    assert found(pets, "--remote") == (0, [])


def test_a_remote_that_does_not_answer_is_an_error_only_when_it_is_asked(pets, tmp_path) -> None:
    shutil.rmtree(tmp_path / "store")
    code, wrong = found(pets)
    assert (code, [each["code"] for each in wrong]) == (0, ["remote-away"])
    code, wrong = found(pets, "--remote")
    assert code == 1
    assert {"remote-away", "remote-silent"} == {each["code"] for each in wrong}
    typed(pets, "ymir push")
    assert found(pets, "--remote") == (0, [])


def test_a_lease_of_a_process_that_is_gone_is_named_and_can_be_broken(pets) -> None:
    with subprocess.Popen(["sleep", "0"]) as ended:
        gone = replace(this_process(), pid=ended.pid)
    refs = Refs(Git(pets.root), "origin", "origin", prefix_of(""))
    made = refs.put(lease("pets", process=gone))
    assert refs.swap({"pets": Swap(None, made)})["pets"]
    assert found(pets) == (0, [])
    code, wrong = found(pets, "--remote")
    assert (code, [each["code"] for each in wrong]) == (0, ["lease"])
    typed(pets, wrong[0]["mend"])
    assert found(pets, "--remote") == (0, [])


def test_a_tag_that_is_gone_or_elsewhere_is_set_again(pets) -> None:
    for breaks in (breaking.remove_tag, breaking.move_tag):
        breaks(pets)
        _, wrong = found(pets)
        assert [each["code"] for each in wrong] == ["tag"]
        typed(pets, wrong[0]["mend"])
        assert found(pets) == (0, [])


def test_what_a_killed_run_left_an_hour_ago_is_named_and_removed(pets) -> None:
    for path in breaking.leave_half(pets):
        assert path.exists()
    assert found(pets) == (0, []), "another command may be writing them just now"
    later = time.time() + 7200
    left = list(leftovers.look(pets.root, later))
    assert [each.code for each in left] == ["half-made", "half-made"]
    assert {each.mend for each in left} == {"ymir gc --yes"}
    typed(pets, "ymir gc --yes --grace 0")
    assert not list(leftovers.look(pets.root, later))


def test_specs_that_are_wrong_hide_nothing_else(pets) -> None:
    file = pets.root / "specs" / "all.yaml"
    before = file.read_text()
    file.write_text(before.replace("goal:", "gaol:"))
    breaking.lock_index(pets)
    code, wrong = found(pets)
    assert code == 1
    assert {each["code"] for each in wrong} == {"git-locked", "invalid"}
    assert any("specs/all.yaml:" in each["what"] for each in wrong)
    file.write_text(before)
    assert [each["code"] for each in found(pets)[1]] == ["git-locked"]


def test_lines_say_what_where_and_the_command(pets) -> None:
    breaking.lock_index(pets)
    breaking.take_batch_away(pets)
    done = pets.ymir("doctor")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("✗ git")
    assert lines[0].endswith("(`rm .git/index.lock`)")
    assert any(line.startswith("! people") and "`ymir apply`" in line for line in lines)
    assert lines[-1] == "1 error, 1 warning"


def test_a_folder_that_is_no_workspace_is_refused(tmp_path) -> None:
    done = Workspace(tmp_path).ymir("doctor")
    assert done.returncode == 1
    assert "`ymir init` makes one" in done.stderr


def test_another_dvc_than_the_one_that_was_tested_is_named() -> None:
    required = ["pydantic>=2", "dvc==3.67.*"]
    assert not list(unfit("3.67.1", required))
    (wrong,) = unfit("3.6.0", required)
    assert wrong.mend == 'pip install "dvc==3.67.*"'
