"""A node brings a job's images from the DVC remote into a folder of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.dvc.real import add_batch, new_workspace
from tests.jobs.examples import inference
from ymir.dvc import remote
from ymir.dvc.objects import md5_of_bytes, object_path
from ymir.jobs.away import Away, away
from ymir.jobs.folder import lay_out
from ymir.jobs.scribbles import scribbled
from ymir.node.__main__ import DONE, REFUSED, TRY_AGAIN, WRONG_USE, main

IMAGES = [b"image %d" % number for number in range(5)]
NAMES = {f"{md5_of_bytes(each)[-2:]}/{md5_of_bytes(each)}.jpg": each for each in IMAGES}


class Node:
    """A workspace whose images are on its remote, and a node that sees it."""

    def __init__(self, folder: Path) -> None:
        self.workspace = new_workspace(folder / "workspace", "../storage")
        self.storage = folder / "storage" / "media" / "files" / "md5"
        add_batch(self.workspace, "site-1", IMAGES)
        remote.push(self.workspace)
        self.home = folder / "scratch" / "ymir-0"
        self.limit = 1 << 30

    def job(self, name: str = "job", images: dict[str, bytes] = NAMES) -> Path:
        """A job that needs these images."""
        folder = self.workspace / ".ymir" / "jobs" / name
        listed = {path: md5_of_bytes(content) for path, content in images.items()}
        place = Away(self.workspace, self.home, self.limit)
        (folder / "in").mkdir(parents=True)
        note = asdict(place.note(folder, listed))
        (folder / "in" / "remote.json").write_text(json.dumps(note))
        (folder / "in" / "assets").symlink_to(place.assets(folder))
        return folder

    def stored(self) -> set[str]:
        return {path.parent.name + path.name for path in (self.home / "objects").glob("*/*")}


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def seen(job: Path) -> dict[str, bytes]:
    """What the job's program finds."""
    assets = job / "in" / "assets"
    return {f"{each.parent.name}/{each.name}": each.read_bytes() for each in assets.glob("*/*")}


def test_a_job_finds_its_images_and_the_next_one_fetches_nothing(node: Node) -> None:
    job, another = node.job(), node.job("another")
    assert main(["fetch", str(job)]) == DONE
    assert seen(job) == NAMES
    (node.storage.parent.parent / "files").rename(node.storage.parent.parent / "away")
    assert main(["fetch", str(another)]) == DONE
    assert seen(another) == NAMES


def test_fetching_again_changes_nothing(node: Node) -> None:
    job = node.job()
    assert [main(["fetch", str(job)]) for _ in range(2)] == [DONE, DONE]
    assert seen(job) == NAMES


def test_it_runs_as_a_program_with_one_line_for_what_is_wrong(node: Node) -> None:
    job = node.job(images={**NAMES, "ff/x.jpg": b"never pushed"})
    ran = subprocess.run(
        [sys.executable, "-m", "ymir.node", "fetch", str(job)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == TRY_AGAIN
    gone = md5_of_bytes(b"never pushed")
    assert ran.stderr == (
        f"ymir: the remote has not the bytes of 1 of 6 images: {gone} (run `ymir push` where they "
        "are)\n"
    )
    assert not (job / "in" / "assets").exists()


def test_an_image_that_is_not_what_its_name_says_is_refused(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = md5_of_bytes(IMAGES[2])
    spoiled = object_path(node.storage, digest)
    spoiled.chmod(0o644)
    spoiled.write_bytes(b"something else")
    job = node.job()
    assert main(["fetch", str(job)]) == REFUSED
    assert digest in capsys.readouterr().err
    assert digest not in node.stored()
    assert not (job / "in" / "assets").exists()


def test_what_a_program_wrote_into_the_cache_is_fetched_anew(node: Node) -> None:
    job, next_one = node.job(), node.job("next")
    main(["fetch", str(job)])
    victim = next((job / "in" / "assets").glob("*/*"))
    victim.chmod(0o644)
    victim.write_bytes(b"scribble")
    assert main(["fetch", str(next_one)]) == DONE
    assert seen(next_one) == NAMES


def test_a_remote_that_is_away_is_worth_another_try(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    config = node.workspace / "media" / ".dvc" / "config"
    text = config.read_text().replace("../../../storage/media", "http://127.0.0.1:9/media")
    config.write_text(text)
    assert main(["fetch", str(node.job())]) == TRY_AGAIN
    assert "the remote cannot be read" in capsys.readouterr().err


def test_a_workspace_without_a_remote_says_so(
    tmp_path: Path, node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    node.workspace = new_workspace(tmp_path / "another")
    assert main(["fetch", str(node.job())]) == TRY_AGAIN
    assert "this workspace has no remote" in capsys.readouterr().err


def test_the_least_recently_used_images_go_first_and_used_ones_stay(node: Node) -> None:
    paths = list(NAMES)
    for number, path in enumerate(paths[:3]):
        job = node.job(str(number), {path: NAMES[path]})
        main(["fetch", str(job)])
        if number < 2:
            main(["release", str(job)])
    node.limit = 2 * len(IMAGES[0])
    assert main(["fetch", str(node.job("last", {paths[1]: NAMES[paths[1]]}))]) == DONE
    kept = {md5_of_bytes(NAMES[path]) for path in paths[1:3]}
    assert node.stored() == kept


def test_a_job_that_needs_more_than_the_limit_has_all_of_it(node: Node) -> None:
    node.limit = 1
    job = node.job()
    assert main(["fetch", str(job)]) == DONE
    assert seen(job) == NAMES
    (job / "out").mkdir()
    other = node.job("other", {})
    assert main(["fetch", str(other)]) == DONE
    assert node.stored() == set()
    assert not (job / "in" / "assets").exists()


def test_what_a_killed_fetch_left_is_taken_away(node: Node) -> None:
    for left in ("partial/abc", "jobs/.half/assets/aa/x.jpg"):
        (node.home / left).parent.mkdir(parents=True)
        (node.home / left).write_bytes(b"half")
    assert main(["fetch", str(node.job())]) == DONE
    assert not list((node.home / "partial").iterdir())
    assert not (node.home / "jobs" / ".half").exists()


def test_jobs_that_begin_at_once_share_one_fetch(node: Node) -> None:
    jobs = [node.job(str(number)) for number in range(3)]
    command = [sys.executable, "-m", "ymir.node", "fetch"]
    started = [subprocess.Popen([*command, str(job)]) for job in jobs]
    assert [each.wait(60) for each in started] == [DONE] * 3
    assert [seen(job) for job in jobs] == [NAMES] * 3
    links = {path.stat().st_nlink for path in (node.home / "objects").glob("*/*")}
    assert links == {4}


@pytest.mark.parametrize("path", ["../../../../evil.jpg", "{}/evil.jpg", "a/../../../evil.jpg"])
def test_a_list_that_leads_out_of_its_folder_is_refused(
    node: Node, path: str, tmp_path: Path
) -> None:
    job = node.job(images={path.format(tmp_path): IMAGES[0]})
    assert main(["fetch", str(job)]) == REFUSED
    assert not list(tmp_path.rglob("evil.jpg"))


@pytest.mark.parametrize("text", ["{", "[]", '{"home": "/x"}'])
def test_a_note_that_cannot_be_read_is_refused(node: Node, text: str) -> None:
    job = node.job()
    (job / "in" / "remote.json").write_text(text)
    assert main(["fetch", str(job)]) == REFUSED


def test_a_digest_that_is_none_is_refused(node: Node) -> None:
    job = node.job()
    file = job / "in" / "remote.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "images": {"a/b.jpg": "../../x"}}))
    assert main(["fetch", str(job)]) == REFUSED


def test_a_folder_of_somebody_else_is_not_used(node: Node) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make a folder somebody else's")
    node.home.mkdir(parents=True)
    os.chown(node.home, 12345, 12345)
    assert main(["fetch", str(node.job())]) == TRY_AGAIN


def test_other_words_are_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch"]) == WRONG_USE
    assert "release JOB" in capsys.readouterr().err


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP, as a remote that is read only."""
    handler: Callable[..., SimpleHTTPRequestHandler] = partial(_Silent, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - so called
        pass


def test_images_come_over_http(node: Node, tmp_path: Path) -> None:
    config = node.workspace / "media" / ".dvc" / "config"
    with served(tmp_path / "storage") as url:
        config.write_text(config.read_text().replace("../../../storage", url))
        job = node.job()
        assert main(["fetch", str(job)]) == DONE
        assert seen(job) == NAMES
        object_path(node.storage, md5_of_bytes(IMAGES[0])).unlink()
        other = Node.job(node, "other", {**NAMES, "ff/x.jpg": b"never pushed"})
        assert main(["fetch", str(other)]) == TRY_AGAIN


def test_a_job_whose_images_are_away_lists_them_and_leads_to_the_node(tmp_path: Path) -> None:
    request, job = inference(tmp_path), tmp_path / "job"
    place = away({"data": "remote", "scratch": "/scratch", "cache": "1g"}, tmp_path, 7)
    assert place is not None
    lay_out(request, job, away=place)
    said = json.loads((job / "in" / "remote.json").read_text())
    assert said["home"] == "/scratch/ymir-7"
    assert said["limit"] == 1 << 30
    assert str((job / "in" / "assets").readlink()) == said["assets"]
    assert set(said["images"].values()) == set(request.images["image"])
    lines = (job / "in" / "candidate-index.tsv").read_text().split()
    assert lines == [f"{job}/in/assets/{each}" for each in said["images"]]
    assert scribbled(job, tmp_path) == []


def test_images_that_nodes_see_are_not_away(tmp_path: Path) -> None:
    assert away({}, tmp_path, 7) is None
    assert away({"data": "shared", "scratch": "/scratch"}, tmp_path, 7) is None
