"""`ymir watch`, as a process: it goes on by itself when people are done, and can be stopped."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.loop.test_faults import wait_for
from tests.loop.test_people import annotate
from tests.workspaces import ENVIRONMENT, YMIR, Workspace, unproven

SECRET = "a-secret-that-nobody-guesses"  # noqa: S105 - of this test
WAITS = "\npets-r1: label the 6 images"
EVENT = {"action": "ANNOTATION_CREATED"}
TWO_ROUNDS = {"map": 0.99, "rounds": 2}


class Watching:
    """A `ymir watch` that runs, and what it has said."""

    def __init__(self, workspace: Workspace, process: subprocess.Popen[bytes], log: Path) -> None:
        self.workspace, self.process, self._log = workspace, process, log

    @property
    def said(self) -> str:
        return self._log.read_text()

    def until(self, is_so: Callable[[], object], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not is_so() and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.1)
        assert is_so(), self.said

    def until_it_says(self, words: str) -> None:
        self.until(lambda: words in self.said)


@contextmanager
def watching(workspace: Workspace, *words: str, **environment: str) -> Iterator[Watching]:
    """A watcher; ended by TERM, if it did not end by itself."""
    log = workspace.root / ".git" / "watched.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*YMIR, "watch", *words],
            cwd=workspace.root, stdout=out, stderr=out, env={**ENVIRONMENT, **environment},
        )  # fmt: skip
    try:
        yield Watching(workspace, process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


@pytest.fixture
def pets(tmp_path: Path) -> Workspace:
    """A workspace whose images people label, before its first `apply`."""
    return unproven(tmp_path / "pets", label={"use": "folder"}, goal=TWO_ROUNDS)


def images(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / "labels" / "pets-r1" / "images").iterdir())


def label(workspace: Workspace, some: list[Path]) -> None:
    for image in some:
        annotate(image, workspace.root / "labels" / "pets-r1" / "annotations")


def starts(workspace: Workspace) -> list[str]:
    return [each["stage"] for each in workspace.events() if each["event"] == "recorded"]


def call(
    port: int, secret: str, path: str = "/label-studio", said: Mapping[str, str] = EVENT
) -> int:
    """A webhook, as Label Studio sends it, or GitLab."""
    header = "X-Gitlab-Token" if path == "/gitlab" else "X-Ymir-Secret"
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(dict(said)), {header: secret})
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_goes_on_by_itself_when_the_files_are_there_and_ends_when_it_is_done(
    pets: Workspace,
) -> None:
    with watching(pets, "--interval", "1h", "--until-done") as watch:
        watch.until_it_says(WAITS)
        label(pets, images(pets)[:4])
        watch.until_it_says("6 sent = 4 labelled + 2 outstanding")
        assert starts(pets).count("pets/r1/label") == 0, "nothing was done yet"
        label(pets, images(pets)[4:])
        assert watch.process.wait(120) == 4, watch.said
    assert "pets-r1 is done" in watch.said
    assert starts(pets).count("pets/r1/label") == 1
    assert "pets/r2/judge" in starts(pets)


def test_while_it_waits_the_workspace_is_free_and_an_edit_of_a_spec_wakes_it(
    pets: Workspace,
) -> None:
    with watching(pets, "--interval", "1h") as watch:
        watch.until_it_says(WAITS)
        assert pets.ymir("apply").returncode == 3, "nobody holds it"
        pets.spec(label={"use": "folder"}, goal={"map": 0.1, "rounds": 2})
        watch.until_it_says("files have changed")
        watch.until_it_says("goal met")
        assert watch.process.poll() is None, "a watcher stays"
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(30) in (0, 2), watch.said  # 2: while it still applied
    assert "goes on from here" in watch.said


def test_while_a_spec_is_broken_the_last_good_ones_hold_and_what_people_did_is_taken_in(
    pets: Workspace,
) -> None:
    with watching(pets, "--interval", "1h") as watch:
        watch.until_it_says(WAITS)
        spec = pets.root / "specs" / "all.yaml"
        good = spec.read_text()
        spec.write_text(good.replace("mining: pool", "mining: nowhere"))
        watch.until_it_says("the last good ones hold")
        assert (
            "error: specs/all.yaml:22:64: data.mining: no Dataset is called `nowhere`" in watch.said
        )
        label(pets, images(pets))
        watch.until(lambda: "pets/r2/judge" in starts(pets))
        assert watch.said.count("`nowhere`") == 1, "it is told once"
        spec.write_text(good)
        watch.until_it_says("the specs are right again")
    noted = [each["event"] for each in pets.events() if each["event"].startswith("watch-")]
    assert [each for each in noted if each in ("watch-broken", "watch-mended")] == [
        "watch-broken",
        "watch-mended",
    ]


def test_a_webhook_with_the_secret_wakes_it_and_no_other_call_does(pets: Workspace) -> None:
    words = ("--interval", "1h", "--listen", "127.0.0.1:0", "--webhook-secret-env", "RING")
    with watching(pets, *words, RING=SECRET) as watch:
        watch.until_it_says(WAITS)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/label-studio", watch.said)
        assert found, watch.said
        assert call(int(found[1]), "wrong") == 403
        assert call(int(found[1]), SECRET) == 204
        watch.until_it_says("Label Studio says that something changed")
        assert SECRET not in watch.said
        assert watch.said.count("something changed") == 1
        assert "files have changed" not in watch.said, "looking changes none"
        watch.process.send_signal(signal.SIGTERM)
        assert watch.process.wait(30) == 0, "nothing was under way"


def test_term_stops_a_run_that_is_under_way_cleanly(tmp_path: Path) -> None:
    slow = {"executor": "blocks", "with": {"pause": 60}}
    pets = unproven(tmp_path / "pets", train=slow, label={"use": "folder"})
    with watching(pets) as watch:
        wait_for(pets, "pets/r1/train", 60)
        watch.process.send_signal(signal.SIGTERM)
        assert watch.process.wait(60) == 2, watch.said
    assert "stopped cleanly" in watch.said
    assert pets.ymir("plan").returncode == 2, "the workspace is free"


def test_one_look_applies_only_what_is_worth_it(pets: Workspace) -> None:
    first = pets.ymir("watch", "--once")
    assert first.returncode == 3, first.stdout + first.stderr
    assert "pets/r1/send" in first.stdout
    label(pets, images(pets)[:5])
    second = pets.ymir("watch", "--once")
    assert second.returncode == 3
    assert "5 labelled + 1 outstanding" in second.stdout
    assert starts(pets).count("pets/r1/label") == 0
    label(pets, images(pets))
    assert pets.ymir("watch", "--once").returncode == 4
    assert starts(pets).count("pets/r1/label") == 1
    settled = pets.ymir("watch", "--once")
    assert (settled.returncode, settled.stdout) == (0, "")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--interval", "soon"), "`soon` is no time"),
        (("--interval", "0s"), "`0s` is no time"),
        (("--listen", "here"), "no address to listen on"),
        (("--metrics", "here"), "no address to listen on"),
        (("--git", "origin", "main"), "no remote is called `origin`"),
        (("--git", "--force", "main", "--no-push"), "is no remote"),
        (("--git-interval", "0s"), "`0s` is no time"),
        (("--workspace", "x", "."), "the workspace is named twice"),
        (("--listen", "127.0.0.1:70000"), "no address to listen on"),
        (("--listen", "0"), "webhooks need a secret"),
        (("--listen", "0", "--webhook-secret-env", "NOWHERE"), "`NOWHERE` holds no secret"),
        (("--listen", "0", "--webhook-secret-env", "NO_COLOR"), "needs 16 letters"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    pets: Workspace, words: tuple[str, ...], complaint: str
) -> None:
    refused = pets.ymir("watch", *words)
    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert not (pets.root / ".ymir" / "events.jsonl").exists()


def test_what_is_no_workspace_is_refused(tmp_path: Path) -> None:
    assert Workspace(tmp_path).ymir("watch", "--once").returncode == 1


def test_one_watcher_is_enough_and_hup_is_a_reason_to_look(pets: Workspace) -> None:
    specs = str(pets.root / "specs")
    with watching(pets, specs, "--interval", "1h", "--metrics", "127.0.0.1:0") as watch:
        watch.until_it_says(WAITS)
        second = pets.ymir("watch", "--interval", "1h")
        assert second.returncode == 5
        assert "another `ymir watch` watches this workspace" in second.stderr
        watch.process.send_signal(signal.SIGHUP)
        watch.until_it_says("somebody asked for a look")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", watch.said)
        assert found, watch.said
        text = metrics(int(found[1]))
        assert 'ymir_labels_outstanding{project="pets"} 6' in text
        assert "ymir_watch_applying 0" in text
        watch.until_it_says("1 batch with people (0 of 6)")
    assert watch.process.returncode == 0
    noted = [each["event"] for each in pets.events() if each["event"].startswith("watch-")]
    assert [noted[0], noted[-1]] == ["watch-applies", "watch-stopped"]
    assert "watch-woke" in noted


def metrics(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()
