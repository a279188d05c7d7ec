"""`ymir plan --refresh-only` in a workspace that was applied: what people did to it is told."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.workspaces import COLOURS, Workspace, applied, copied, write_image
from ymir.cli.main import cli
from ymir.dvc import pointer
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of

REMOTE = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../store\n"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A round is recorded and pushed, and its batch waits for people. Copy it, never change it."""
    workspace = applied(
        tmp_path_factory.mktemp("drift") / "pets",
        label={"use": "folder", "with": {"format": "voc"}},
    )
    (workspace.root / "specs" / "workspace.yaml").write_text(REMOTE)
    assert workspace.ymir("push").returncode == 0
    workspace.run("git", "add", "--all", ".")
    workspace.run("git", "commit", "--quiet", "-m", "Where data goes")
    return workspace


@pytest.fixture
def pets(sound: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(sound.root.parent / "store", tmp_path / "store")
    return copied(sound, tmp_path / "pets")


def seen(workspace: Workspace, *words: str) -> tuple[int, list[tuple[str, str, str]], list[str]]:
    """The exit code, what has drifted and what heals it, and what could not be looked at."""
    asked = ("plan", "-C", str(workspace.root), "--refresh-only", "--json", *words)
    done = CliRunner().invoke(cli, asked, catch_exceptions=False)
    said = json.loads(done.stdout)
    drift = [(each["code"], each["where"], each["heal"]) for each in said["drift"]]
    return done.exit_code, drift, [each["code"] for each in said["unseen"]]


def typed(workspace: Workspace, command: str) -> str:
    """What a command of ymir says."""
    words = (*command.split()[1:], "-C", str(workspace.root))
    return CliRunner().invoke(cli, words, catch_exceptions=False).stdout


def replaced(path: Path, content: bytes) -> None:
    """As editors save: another file takes the name."""
    path.with_name("draft").write_bytes(content)
    path.with_name("draft").replace(path)


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text, count=1))


def test_a_sound_workspace_has_no_drift(sound: Workspace) -> None:
    assert seen(sound, "--remote") == (0, [], [])
    assert "no drift" in sound.ymir("plan", "--refresh-only").stdout


TABLE = "data/datasets/base/v1/images.parquet"
POINTER = "data/datasets/base/v1.dvc"
ROUND = "data/rounds/pets/1.dvc"


def edit_table(root: Path) -> None:
    replaced(root / TABLE, b"edited")


def add_file(root: Path) -> None:
    (root / "data/rounds/pets/1/notes.txt").write_text("mine")


def remove_file(root: Path) -> None:
    (root / TABLE).unlink()


def remove_folder(root: Path) -> None:
    shutil.rmtree(root / "reports/pets/html")


def remove_images(root: Path) -> None:
    next((root / "media/pool").glob("*/*/*")).unlink()


def empty_cache(root: Path) -> None:
    digest = pointer.read(root / POINTER).digest
    object_path(cache_of(root), digest).unlink()


def edit_recipe(root: Path) -> None:
    edited(root / ROUND, r"executor: blocks", "executor: others")


def edit_digest(root: Path) -> None:
    edited(root / POINTER, r"md5: \w{4}", "md5: 0000")


def edit_figures(root: Path) -> None:
    edited(root / "reports/pets/metrics.json", r'"map": 0', '"map": 1')


def remove_pointer(root: Path) -> None:
    (root / POINTER).unlink()


def break_pointer(root: Path) -> None:
    (root / POINTER).write_text("<<<<<<< HEAD\nouts: [")


def change_source(root: Path) -> None:
    write_image(root / "raw/val", "extra", [(3, COLOURS[20])])


PULL, CHECKOUT = "ymir pull", "git checkout -- "
DRIFTS: dict[str, tuple[Callable[[Path], None], list[tuple[str, str, str]]]] = {
    "a table edited": (edit_table, [("artefact-edited", TABLE, PULL)]),
    "a file added": (add_file, [("artefact-added", "data/rounds/pets/1/notes.txt", PULL)]),
    "a file removed": (remove_file, [("artefact-removed", "data/datasets/base/v1", PULL)]),
    "a folder removed": (remove_folder, [("artefact-removed", "reports/pets/html", PULL)]),
    "a cache emptied": (empty_cache, [("cache-missing", "data/datasets/base/v1", PULL)]),
    "a recipe altered": (edit_recipe, [("pointer-edited", ROUND, f"{CHECKOUT}{ROUND}")]),
    "figures edited": (
        edit_figures,
        [
            (
                "artefact-edited",
                "reports/pets/metrics.json",
                f"{CHECKOUT}reports/pets/metrics.json",
            )
        ],
    ),
    "a pointer removed": (remove_pointer, [("pointer-removed", POINTER, f"{CHECKOUT}{POINTER}")]),
    "a pointer broken": (break_pointer, [("pointer-unreadable", POINTER, f"{CHECKOUT}{POINTER}")]),
    "a source changed": (change_source, [("source-changed", "the files of `val`", "ymir apply")]),
}


@pytest.mark.parametrize("what", DRIFTS)
def test_what_is_not_as_it_was_recorded_is_shown_with_what_heals_it(
    pets: Workspace, what: str
) -> None:
    change, expected = DRIFTS[what]
    change(pets.root)
    before = pets.run("git", "status", "--porcelain", "--ignored")
    assert seen(pets) == (2, expected, [])
    assert pets.run("git", "status", "--porcelain", "--ignored") == before, "only looked at"
    heal = expected[0][2]
    pets.run(*heal.split()) if heal.startswith("git") else typed(pets, heal)
    assert seen(pets)[1] == [], f"`{heal}` heals it"


def test_a_digest_that_fits_nothing_is_told_before_and_after_it_is_committed(
    pets: Workspace,
) -> None:
    edit_digest(pets.root)
    code, drift, _ = seen(pets)
    assert (code, {each[0] for each in drift}) == (2, {"pointer-edited", "cache-missing"})
    pets.run("git", "checkout", "--", POINTER)
    edited(pets.root / POINTER, r"digest: \w{4}", "digest: 0000")
    pets.run("git", "commit", "--quiet", "-am", "By hand")
    code, drift, _ = seen(pets)
    assert drift == [("pointer-unfit", POINTER, f"git log -p -- {POINTER}")]


def test_images_that_somebody_took_out_of_the_pool_are_noticed(pets: Workspace) -> None:
    remove_images(pets.root)
    code, ((what, where, heal),), _ = seen(pets)
    assert (code, what, heal) == (2, "artefact-edited", PULL)
    assert where.startswith("media/pool/")


def test_sources_that_are_not_on_this_machine_have_not_drifted(pets: Workspace) -> None:
    shutil.rmtree(pets.root / "raw")
    assert seen(pets) == (0, [], ["source-absent"] * 4)


def test_what_a_killed_run_had_recorded_is_no_drift(pets: Workspace) -> None:
    pets.run("git", "reset", "--quiet", "--soft", "HEAD~3")
    pets.run("git", "reset", "--quiet")
    assert seen(pets) == (0, [], [])


def test_an_edit_is_kept_when_it_is_healed_and_said_when_a_run_goes_by_what_is_recorded(
    pets: Workspace,
) -> None:
    edit_table(pets.root)
    applied_again = pets.ymir("apply")
    assert applied_again.returncode == 3
    assert f"note: `{TABLE}` was edited" in applied_again.stderr
    assert (pets.root / TABLE).read_bytes() == b"edited", "nothing is healed by itself"
    assert pets.ymir("pull").returncode == 0
    assert (pets.root / TABLE).read_bytes() != b"edited"
    assert (pets.root / ".ymir" / "edited" / TABLE).read_bytes() == b"edited"


def test_records_that_people_changed_are_never_committed_as_those_of_ymir(
    pets: Workspace,
) -> None:
    edit_recipe(pets.root)
    head = pets.run("git", "rev-parse", "HEAD")
    refused = pets.ymir("apply")
    assert refused.returncode == 1
    assert f"{ROUND}: was changed by hand: recipe of train" in refused.stderr
    assert f"git checkout -- {ROUND}" in refused.stderr
    assert pets.run("git", "rev-parse", "HEAD") == head
    pets.run("git", "commit", "--quiet", "-am", "I know what I do")
    assert pets.ymir("apply").returncode == 3


def test_what_the_remote_lost_is_told_when_it_is_asked(pets: Workspace, tmp_path: Path) -> None:
    listing = pointer.read(pets.root / POINTER).digest
    (tmp_path / "store/files/md5" / listing[:2] / listing[2:]).unlink()
    assert seen(pets) == (0, [], [])
    code, ((what, _, heal),), _ = seen(pets, "--remote")
    assert (code, what, heal) == (2, "remote-missing", "ymir push")
    assert pets.ymir("push").returncode == 0
    assert seen(pets, "--remote") == (0, [], [])


def test_a_remote_that_is_not_there_has_lost_nothing(pets: Workspace, tmp_path: Path) -> None:
    (tmp_path / "store").rename(tmp_path / "unmounted")
    assert seen(pets, "--remote") == (1, [], ["remote-silent"] * 2)
    edit_table(pets.root)
    code, ((what, *_),), unseen = seen(pets, "--remote")
    assert (code, what, unseen) == (2, "artefact-edited", ["remote-silent"] * 2)


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that answers every question with an error."""

    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(503)

        do_GET = do_HEAD  # noqa: N815 - as the server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}/store"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_up", [True, False])
def test_a_remote_behind_a_network_that_does_not_answer_has_lost_nothing(
    pets: Workspace, refusing: str, is_up: bool
) -> None:
    url = refusing if is_up else "http://127.0.0.1:9/store"
    for project in (".", "media"):
        config = pets.root / project / ".dvc" / "config"
        edited(config, r"url = .*", f"url = {url}")
    assert seen(pets, "--remote") == (1, [], ["remote-silent"] * 2)


def test_a_plan_asks_no_remote(sound: Workspace) -> None:
    refused = sound.ymir("plan", "--remote")
    assert refused.returncode == 1
    assert "goes with `--refresh-only`" in refused.stderr
