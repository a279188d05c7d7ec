"""Every way to notify, against real servers and programs on this machine."""

import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.notices.server import Inbox, listening
from ymir.contracts.notice import FORMAT, Notice, NoticeError, channels
from ymir.errors import YmirError
from ymir.notices.slack import shaped

NOTICE = Notice(
    id="0123456789abcdef",
    title="helmet waits for labels",
    workspace="site",
    condition={
        "kind": "project",
        "name": "helmet",
        "type": "WaitingForLabels",
        "status": "True",
        "reason": "BatchOut",
        "message": "label the 40 images: <!channel> & more",
        "next": "ymir labels ls",
        "link": "https://labels.example/projects/7",
    },
    before={"status": "False", "reason": "NothingOwed"},
)
SLOW = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with listening() as open_inbox:
        yield open_inbox


def tell(use: str, root: Path, **settings: object) -> str:
    return channels.load(use).tell(NOTICE, settings, root)


def command(root: Path, program: str, **settings: object) -> str:
    return tell("command", root, command=[sys.executable, "-c", program], **settings)


@pytest.mark.parametrize("name", channels.modules())
def test_every_way_keeps_the_contract(name: str) -> None:
    assert channels.load(name).Settings.model_json_schema()["additionalProperties"] is False


def test_a_webhook_gets_the_notice_signed(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-good-long-secret\n")
    said = tell("webhook", tmp_path, url=f"{inbox.url}/ymir", secret={"file": "key"})
    ((path, headers, body),) = inbox.came
    assert (said, path) == ("200 ok", "/ymir")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Ymir-Notice"] == NOTICE.id
    right = hmac.new(b"a-good-long-secret", body, hashlib.sha256).hexdigest()
    assert headers["X-Ymir-Signature-256"] == f"sha256={right}"
    assert json.loads(body) == {
        "format": FORMAT,
        "id": NOTICE.id,
        "test": False,
        "title": NOTICE.title,
        "workspace": "site",
        **NOTICE.condition,
        "before": NOTICE.before,
    }


def test_without_a_secret_nothing_is_signed(inbox: Inbox, tmp_path: Path) -> None:
    tell("webhook", tmp_path, url=inbox.url)
    assert "X-Ymir-Signature-256" not in inbox.came[0][1]


@pytest.mark.parametrize("code", [204, 201])
def test_any_good_answer_is_good(inbox: Inbox, tmp_path: Path, code: int) -> None:
    inbox.code, inbox.answer = code, b""
    assert tell("webhook", tmp_path, url=inbox.url) == str(code)


@pytest.mark.parametrize("code", [302, 404, 500])
def test_any_other_answer_is_a_failure_with_its_words(
    inbox: Inbox, tmp_path: Path, code: int
) -> None:
    inbox.code, inbox.answer, inbox.location = code, b"no_such_channel\n" * 9, f"{inbox.url}/more"
    with pytest.raises(YmirError, match=f"it was refused: {code} no_such_channel"):
        tell("webhook", tmp_path, url=inbox.url)
    assert len(inbox.came) == 1, "no redirect is followed"


def test_slack_gets_text_and_blocks_at_a_secret_address(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_URL", f"{inbox.url}/services/T0/B0/token")
    assert tell("slack", tmp_path, url={"env": "SLACK_URL"}) == "200 ok"
    ((path, _, body),) = inbox.came
    assert path == "/services/T0/B0/token"
    assert json.loads(body) == shaped(NOTICE)


def test_slack_reads_no_links_and_no_calls_out_of_messages() -> None:
    said = shaped(NOTICE)
    assert said["text"] == "helmet waits for labels"
    first, button, context = said["blocks"]
    assert first["text"]["text"] == (
        "*helmet waits for labels*\nlabel the 40 images: &lt;!channel&gt; &amp; more"
    )
    assert button["elements"][0]["url"] == "https://labels.example/projects/7"
    assert context["elements"][0]["text"] == "`ymir labels ls` · BatchOut · site"
    plain = replace(NOTICE, condition={**NOTICE.condition, "link": None, "message": "x" * 9000})
    short, _ = shaped(plain)["blocks"]
    assert len(short["text"]["text"]) < 3000


def test_no_failure_tells_a_secret_address(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_URL", address := f"{inbox.url}/services/hush-hush")
    inbox.code, inbox.answer = 403, f"invalid_token {address}".encode()
    with pytest.raises(YmirError) as caught:
        tell("slack", tmp_path, url={"env": "SLACK_URL"})
    assert "invalid_token ***" in str(caught.value)
    for nonsense in ("hush://token-of-mine", "http://[hush-token", "token-of-mine"):
        monkeypatch.setenv("SLACK_URL", nonsense)
        with pytest.raises(YmirError) as caught:
            tell("slack", tmp_path, url={"env": "SLACK_URL"})
        assert nonsense not in str(caught.value)


def test_a_server_that_is_not_there_and_a_secret_that_is_not_there_are_failures(
    tmp_path: Path,
) -> None:
    with listening() as gone:
        url = gone.url
    with pytest.raises(YmirError, match="nobody answers"):
        tell("webhook", tmp_path, url=url)
    with pytest.raises(YmirError, match="`nowhere` cannot be read"):
        tell("slack", tmp_path, url={"file": "nowhere"})


def test_a_command_reads_the_notice_in_the_workspace(tmp_path: Path) -> None:
    program = "import json, sys, os; open('got', 'w').write(sys.stdin.read()); print('thanks')"
    assert command(tmp_path, program) == "thanks"
    assert json.loads((tmp_path / "got").read_text()) == NOTICE.data()
    assert command(tmp_path, "") == "it ended with 0"


def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    echo = [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; touch gone"]
    assert tell("command", tmp_path, command=echo) == "$HOME; touch gone"
    assert not (tmp_path / "gone").exists()


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match="ended with 3: no such team"):
        command(tmp_path, "import sys; print('no such team', file=sys.stderr); sys.exit(3)")
    with pytest.raises(NoticeError, match="it said nothing"):
        command(tmp_path, "raise SystemExit(1)")
    with pytest.raises(NoticeError, match="cannot be run: No such file"):
        tell("command", tmp_path, command=["./tell"])


def test_a_command_that_hangs_is_ended_with_all_that_it_began(tmp_path: Path) -> None:
    program = f"open('pid', 'w').write(str(__import__('os').getpgid(0)));{SLOW}"
    with pytest.raises(NoticeError, match="took longer than 1s"):
        command(tmp_path, program, timeout="1s")
    group = int((tmp_path / "pid").read_text())
    assert group != os.getpgid(0)
    for _ in range(100):
        if not _lives(group):
            return
        time.sleep(0.05)
    raise AssertionError("what it began lives on")


def _lives(group: int) -> bool:
    """Whether a process of the group runs; one that nobody has buried yet does not count."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, found = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(found) == group and state != "Z":
            return True
    return False


def test_what_a_command_leaves_running_holds_nobody_up(tmp_path: Path) -> None:
    program = "import subprocess; subprocess.Popen(['sleep', '3']); print('done')"
    assert command(tmp_path, program) == "done"
