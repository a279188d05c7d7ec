"""A remote that ends in the middle: a line says so, and the next push or pull completes it."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.remotes import assert_in_words, clone_of, placed, small_import
from tests.workspaces import Workspace, copied

SAMPLE = 2
SAID = {"no-space": "No space left on device", "broken": "Input/output error"}


class Storage(ThreadingHTTPServer):
    """Keeps what is sent in memory, and fails from a request on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.kept: dict[str, bytes] = {}
        self.sends = self.answers = 1000  # before it fails
        self.hangs = False
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/kept"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Storage
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.reply(200 if self.path in self.server.kept else 404)

    def do_GET(self) -> None:
        kept = self.server.kept.get(self.path)
        self.server.answers -= kept is not None
        code = 404 if kept is None else 200 if self.server.answers >= 0 else 500
        self.reply(code, kept or b"")

    def do_POST(self) -> None:
        content = self.read()
        if self.server.hangs:
            self.server.is_over.wait(60)
            return
        self.server.sends -= 1
        if self.server.sends < 0:
            self.reply(507)
            return
        self.server.kept[self.path] = content
        self.reply(200)

    def read(self) -> bytes:
        if length := self.headers.get("Content-Length"):
            return self.rfile.read(int(length))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def reply(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.is_over.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_import(tmp_path_factory.mktemp("remote"))


@pytest.mark.parametrize("taken", [0, 4])
def test_a_server_that_fails_amid_a_push_is_quoted(
    imported: Workspace, tmp_path: Path, storage: Storage, taken: int
) -> None:
    workspace = placed(imported, tmp_path, storage.url)
    storage.sends = taken
    met = workspace.ymir("push")
    assert_in_words(met)
    assert len(storage.kept) == taken
    for listing in (each for name, each in storage.kept.items() if name.endswith(".dir")):
        names = {name.replace("/", "") for name in storage.kept}
        listed = [entry["md5"] for entry in json.loads(listing)]
        assert all(any(name.endswith(each) for name in names) for each in listed), "it comes last"
    storage.sends = 1000
    done = workspace.ymir("push")
    assert done.returncode == 0, done.stderr
    clone = clone_of(workspace)
    assert clone.ymir("pull").returncode == 0
    assert clone.ymir("fsck").returncode == 0


def test_a_server_that_fails_amid_a_pull_is_quoted(
    imported: Workspace, tmp_path: Path, storage: Storage
) -> None:
    workspace = placed(imported, tmp_path, storage.url)
    assert workspace.ymir("push").returncode == 0
    clone = clone_of(workspace)
    storage.answers = 4
    assert_in_words(clone.ymir("pull"))
    storage.answers = 1000
    assert clone.ymir("pull").returncode == 0
    assert clone.ymir("fsck").returncode == 0


def test_a_server_that_never_answers_is_given_up(
    imported: Workspace, tmp_path: Path, storage: Storage
) -> None:
    workspace = placed(imported, tmp_path, storage.url)
    assert workspace.ymir("apply", "--target", "val").returncode == 0, "it notes the remote"
    for project in (workspace.root, workspace.root / "media"):  # DVC waits 60 s, and tries again
        told = workspace.run("dvc", "--cd", str(project), "remote", "list").split()[0]
        patience = (f"remote.{told}.read_timeout", "1")
        workspace.run("dvc", "--cd", str(project), "config", "--local", *patience)
    storage.hangs = True
    met = workspace.ymir("push")
    assert_in_words(met)
    assert "no answer came in time" in met.stderr
    storage.hangs = False
    assert workspace.ymir("push").returncode == 0


@pytest.mark.skipif(find_spec("dvc_gs") is not None, reason="dvc-gs is installed")
def test_a_kind_of_remote_whose_package_is_missing_names_it(
    imported: Workspace, tmp_path: Path
) -> None:
    met = placed(imported, tmp_path, "gs://bucket/pets").ymir("push")
    assert_in_words(met)
    assert "hint: `pip install dvc-gs` where ymir is installed" in met.stderr


@pytest.mark.parametrize("word", ["push", "pull"])
def test_a_folder_that_fails_at_any_moment_is_told_and_completed(
    imported: Workspace, tmp_path: Path, word: str
) -> None:
    workspace = placed(imported, tmp_path, "../remote")
    if word == "pull":
        assert workspace.ymir("push").returncode == 0
    fresh = workspace if word == "push" else clone_of(workspace)
    calm, log = copied(fresh, tmp_path / "calm"), tmp_path / "effects.txt"
    remote = tmp_path / "remote"
    kept = shutil.copytree(remote, tmp_path / "kept") if remote.exists() else None
    assert calm.disturbed(word, log=str(log)).returncode == 0
    count = len(log.read_text().splitlines())
    step = int(os.environ.get("YMIR_SOAK", "0")) or count // SAMPLE
    for number, moment in enumerate(range(1 + step // 2, count, step)):
        shutil.rmtree(remote, ignore_errors=True)
        if kept:
            shutil.copytree(kept, remote)
        again = copied(fresh, tmp_path / f"again-{moment}")
        fault = [*SAID][number % len(SAID)]
        met = again.disturbed(word, at=moment, do=fault)
        assert met.returncode == 0 or SAID[fault] in met.stderr, (moment, met.stderr)
        assert met.returncode == 0 or " hint: " in met.stderr, (moment, met.stderr)
        assert "Traceback" not in met.stderr, (moment, met.stderr)
        assert again.ymir(word).returncode == 0, moment
        seen = again.ymir("fsck", "--remote")
        left = seen.stdout.splitlines()[:-1] if seen.returncode else []
        assert all("it can be written" in line for line in left), seen.stdout
        assert again.ymir("fsck", "--fix").returncode == 0, moment
        shutil.rmtree(again.root)


def test_commits_do_not_go_ahead_of_data_that_could_not_be_sent(
    imported: Workspace, tmp_path: Path
) -> None:
    workspace = placed(imported, tmp_path, "../remote")
    workspace.run("git", "init", "--quiet", "--bare", "../git")
    workspace.run("git", "remote", "add", "origin", "../git")
    workspace.run("git", "push", "--quiet", "--set-upstream", "origin", "HEAD~1:refs/heads/main")
    before = workspace.run("git", "ls-remote", "../git")
    (tmp_path / "remote").write_text("no folder any more")
    assert_in_words(workspace.ymir("push", "--git", "--push-to", "main"))
    assert workspace.run("git", "ls-remote", "../git") == before
    (tmp_path / "remote").unlink()
    done = workspace.ymir("push", "--git", "--push-to", "main")
    assert done.returncode == 0, done.stderr
    assert workspace.run("git", "ls-remote", "../git") != before
    assert clone_of(workspace).ymir("pull").returncode == 0
