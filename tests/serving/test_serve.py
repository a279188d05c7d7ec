"""`ymir serve` is asked over HTTP, as browsers and as people who mean no good would."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.cli.test_jobs import talking
from tests.loop.test_faults import processes_in, wait_for
from tests.workspaces import ENVIRONMENT, YMIR, Workspace, make
from ymir.data.balance import Balance
from ymir.looks import keep_look, last_look

LETS_IN = "a-token-that-is-long-enough"
STAGE = "pets/r1/train"


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    address: str  # as it was printed
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        """One request, its path sent as it is."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def live(self) -> dict:
        """How things stand."""
        answer, body = self.ask("/live.json")
        assert answer.status == 200, body
        return json.loads(body)

    def until(self, is_so: Callable[[dict], object], seconds: float = 60) -> dict:
        """How things stand, as soon as they are so."""
        deadline = time.monotonic() + seconds
        while not is_so(live := self.live()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert is_so(live), live
        return live


@contextmanager
def serving(root: Path, *words: str, **environment: str) -> Iterator[Server]:
    """A server on the loopback; ended by the signal that a terminal sends."""
    process = subprocess.Popen(
        [*YMIR, "serve", "--port", "0", *words],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**ENVIRONMENT, **environment},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://[^/]+:(\d+)/\S*", first)
        assert found, first + process.communicate(timeout=30)[1]
        yield Server(process, found[0], int(found[1]))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=30)
    assert process.returncode == 0, complained
    assert (said.splitlines()[-1], complained) == ("stopped", "")


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose first batch waits for people."""
    workspace = make(tmp_path_factory.mktemp("served") / "pets", label={"use": "folder"})
    assert workspace.ymir("apply").returncode == 3
    return workspace


@pytest.fixture(scope="module")
def server(pets: Workspace) -> Iterator[Server]:
    """Its server, with the page made."""
    with serving(pets.root) as server:
        server.until(lambda live: live["page"])
        yield server


def test_the_page_is_live_and_says_what_people_owe(server: Server) -> None:
    answer, body = server.ask("/")
    assert (answer.status, answer.getheader("Content-Type")) == (200, "text/html; charset=utf-8")
    assert b'id="live"' in body
    assert b"labels/pets-r1" in body
    assert "connect-src 'self'" in str(answer.getheader("Content-Security-Policy"))
    live = server.live()
    (owed,) = live["labels"]
    assert owed["says"].startswith("6 sent = 0 labelled + 6 outstanding")
    known = {"batch": "pets/r1", "where": "labels/pets-r1", "images": 6, "done": 0}
    assert owed == {**known, "says": owed["says"], "is_late": False}
    (people,) = (each for each in live["next"] if each["how"] == "people")
    assert people["what"] == "pets/r1/label"
    assert "label the 6 images" in people["why"]
    assert live["later"] > 0
    assert live["events"][0]["stage"] == "pets/r1/label"
    assert (live["jobs"], live["trouble"]) == ([], None)


def test_what_people_have_done_is_seen_at_once(server: Server, pets: Workspace) -> None:
    batch = pets.root / "labels" / "pets-r1"
    stem = next((batch / "images").iterdir()).stem
    answer = batch / "annotations" / f"{stem}.xml"
    answer.write_text("<annotation/>")
    try:
        server.until(lambda live: live["labels"][0]["done"] == 1)
    finally:
        answer.unlink()


def test_a_look_at_a_batch_is_seen_at_once_and_when_it_was(server: Server, pets: Workspace) -> None:
    before = last_look(pets.root, "pets/r1/send")
    assert before
    balance = Balance(sent=6, labelled=2, empty=1, skipped=1, outstanding=2)
    keep_look(pets.root, "pets/r1/send", replace(before, balance=balance, at=time.time() - 7200))
    try:
        live = server.until(lambda live: "skipped" in live["labels"][0]["says"])
        said = "6 sent = 2 labelled + 1 empty + 1 skipped + 2 outstanding, seen 2 h ago"
        assert live["labels"][0]["says"] == said
        assert live["labels"][0]["done"] == 0  # the folder itself knows better
    finally:
        keep_look(pets.root, "pets/r1/send", before)


def test_every_link_of_the_page_leads_somewhere(server: Server) -> None:
    _, body = server.ask("/")
    links = set(re.findall(r'(?:href|src)="([^"#]+)"', body.decode())) - {"data:,"}
    assert {"pets/html/r1.html", "site/models/pets-r1.tar.gz"} <= links
    for link in links:
        answer, _ = server.ask(f"/{link}")
        assert answer.status == 200, link


def test_a_package_comes_in_parts_if_that_is_asked_for(server: Server) -> None:
    whole = server.ask("/site/models/pets-r1.tar.gz")[1]
    answer, part = server.ask("/site/models/pets-r1.tar.gz", Range="bytes=2-9")
    assert (answer.status, part) == (206, whole[2:10])
    answer, nothing = server.ask("/site/models/pets-r1.tar.gz", "HEAD")
    assert (answer.status, nothing) == (200, b"")
    assert int(str(answer.getheader("Content-Length"))) == len(whole)


@pytest.mark.parametrize(
    "path",
    ["/../specs/all.yaml", "/%2e%2e/specs/all.yaml", "/..%2fspecs/all.yaml", "/.%2e/.git/config",
     "/pets/..%2f..%2fspecs/all.yaml", "/%00", "/pets/html/r1.html%00.png", "/pets/", "/site/",
     "/.gitignore", "/.ymir/events.jsonl", "/.ymir/reports/../site/live.html", "/..%5c..%5cspecs",
     "/%252e%252e/specs/all.yaml", "//etc/passwd", "/pets/html.dvc", "/specs/all.yaml"],
)  # fmt: skip
def test_nothing_else_of_the_workspace_is_shown(server: Server, path: str) -> None:
    answer, body = server.ask(path)
    assert (answer.status, body) == (404, b"there is nothing here\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_done_but_looking(server: Server, method: str) -> None:
    answer, _ = server.ask("/", method)
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")


def test_a_page_of_elsewhere_that_calls_itself_this_machine_learns_nothing(server: Server) -> None:
    for path in ("/", "/live.json", "/pets/html/r1.html"):
        answer, body = server.ask(path, Host="rebound.example:80")
        assert answer.status == 403
        assert b"pets" not in body
    assert server.ask("/", Host="localhost:1")[0].status == 200


def test_every_answer_keeps_browsers_from_guessing_framing_and_telling(server: Server) -> None:
    for path in ("/", "/live.json", "/pets/html/r1.html", "/nothing"):
        answer, _ = server.ask(path)
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert "frame-ancestors 'none'" in str(answer.getheader("Content-Security-Policy"))
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert answer.getheader("Access-Control-Allow-Origin") is None
        assert answer.getheader("Cache-Control") is not None
        assert "aiohttp" not in str(answer.getheader("Server"))


def test_looking_changes_nothing_that_git_knows(server: Server, pets: Workspace) -> None:
    server.ask("/")
    assert pets.run("git", "status", "--porcelain") == "?? labels/\n", "people's, and there before"


def test_a_port_that_is_taken_is_said(server: Server, pets: Workspace) -> None:
    tried = pets.ymir("serve", "--port", str(server.port))
    assert tried.returncode == 1
    assert f"port {server.port} of 127.0.0.1 cannot be used" in tried.stderr
    assert "--port 0" in tried.stderr


def test_a_token_lets_in_once_and_the_browser_remembers(pets: Workspace) -> None:
    with serving(pets.root, YMIR_SERVE_TOKEN=LETS_IN) as server:
        assert server.address.endswith(f"/?token={LETS_IN}")
        for path in ("/", "/live.json", "/pets/html/r1.html", "/nothing", "/?token=wrong"):
            assert server.ask(path)[0].status == 401, path
        answer, body = server.ask(f"//evil.example/?token={LETS_IN}")
        assert answer.status == 200
        assert b'url=/evil.example/"' in body, "it stays on this server"
        assert LETS_IN.encode() not in body
        cookie = str(answer.getheader("Set-Cookie"))
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert LETS_IN not in cookie
        kept = cookie.partition(";")[0]
        assert server.ask("/live.json", Cookie=kept)[0].status == 200
        assert server.ask("/live.json", Cookie=kept[:-1])[0].status == 401
        assert server.ask("/live.json", Authorization=f"Bearer {LETS_IN}")[0].status == 200
        assert server.ask("/live.json", Authorization="Bearer x", Cookie=kept)[0].status == 401
        assert server.ask("/", "POST", Cookie=kept)[0].status == 405


def test_where_others_may_reach_it_a_token_is_made_and_asked_for(pets: Workspace) -> None:
    """`127.1` is this machine, too, but not by a name that says so."""
    with serving(pets.root, "--host", "127.1") as server:
        token = server.address.partition("?token=")[2]
        assert len(token) > 30
        assert server.ask("/live.json")[0].status == 401
        assert server.ask("/live.json", Authorization=f"Bearer {token}")[0].status == 200


def test_a_token_is_read_from_a_file_and_a_bad_one_is_refused(pets, tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{LETS_IN}\n")
    with serving(pets.root, "--token-file", str(file)) as server:
        assert server.ask("/live.json")[0].status == 401
        assert server.ask("/live.json", Authorization=f"Bearer {LETS_IN}")[0].status == 200
    for text in ("", "short", "two words that are long enough"):
        file.write_text(text)
        tried = pets.ymir("serve", "--port", "0", "--token-file", str(file))
        assert tried.returncode == 1
        assert "no good" in tried.stderr
        assert not text or text not in tried.stderr, "a token is never shown"


def test_a_request_that_hangs_does_not_keep_the_server_from_ending(pets: Workspace) -> None:
    with serving(pets.root) as server, socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: local")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0


def test_a_folder_that_is_no_workspace_is_said(tmp_path: Path) -> None:
    tried = Workspace(tmp_path).ymir("serve", "--port", "0")
    assert tried.returncode == 1
    assert "is no workspace" in tried.stderr


def test_a_job_is_followed_and_the_page_renewed_while_apply_holds_the_workspace(tmp_path) -> None:
    workspace = talking(tmp_path / "pets", 3)
    with serving(workspace.root) as server:
        before = server.until(lambda live: live["page"])
        assert b"Nothing is recorded yet" in server.ask("/")[1]
        run = workspace.start("apply")
        try:
            wait_for(workspace, STAGE)
            (job,) = server.until(
                lambda live: live["jobs"] and live["jobs"][0]["share"] is not None
            )["jobs"]
            assert (job["stage"], job["state"]) == (STAGE, "running")
            assert run.wait(60) == 0
        finally:
            run.kill()
            run.wait()
        server.until(lambda live: live["page"] != before["page"] and not live["jobs"])
        deadline = time.monotonic() + 60
        while b"goal met" not in server.ask("/")[1] and time.monotonic() < deadline:
            time.sleep(0.2)
        assert b"goal met" in server.ask("/")[1]
    assert not processes_in(workspace)


def test_specs_that_are_broken_are_said_and_what_is_recorded_is_shown(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets")
    with serving(workspace.root) as server:
        server.until(lambda live: live["page"])
        workspace.root.joinpath("specs", "all.yaml").write_text("half an edit: [")
        live = server.until(lambda live: live["trouble"])
        assert "all.yaml" in live["trouble"]
        assert server.ask("/")[0].status == 200
        workspace.spec()
        server.until(lambda live: live["trouble"] is None)


def test_a_workspace_whose_specs_are_broken_from_the_start_says_so(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "all.yaml").write_text("<b>half an edit: [")
    with serving(tmp_path) as server:
        server.until(lambda live: live["trouble"])
        deadline = time.monotonic() + 60
        while b"all.yaml" not in (said := server.ask("/")[1]) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.ask("/")[0].status == 503
        assert b"all.yaml" in said
        assert b"<b>" not in said


@pytest.mark.parametrize(
    "request_",
    [b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
     b"GET http://[bad/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00\xff" * 500 + b"\r\n\r\n",
     b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /%ff%fe.html HTTP/1.0\r\n\r\n",
     b"GET /live.json HTTP/1.1\r\nHost: localhost\r\nCookie: \xff=%00;;=\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_request_harms_nobody(server: Server, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.sendall(request_)
        said = connection.recv(1 << 16)
    assert said.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))
    assert b"Traceback" not in said
    assert b" 500 " not in said.partition(b"\r\n")[0] + b" "
    assert server.live()["page"]
