"""Secrets wherever one enters; whatever runs leave behind and say is searched for them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import forked
from tests.cvat.replay import replaying
from tests.security.parrot import repeating
from tests.security.planted import SECRETS, found_in, in_git, leaks, watching
from tests.workspaces import ENVIRONMENT, Workspace, edit, unproven

GOSSIP = Path(__file__).with_name("gossip.py")
PLANTED = {".git/config", ".dvc/config.local", "media/.dvc/config.local"}


@dataclass
class Spoken:
    """A workspace, the environment of its commands, and all that they said."""

    workspace: Workspace
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def ymir(self, *words: str) -> str:
        """Type it; whatever it says is kept."""
        done = forked.run(words, self.workspace.root, self.environment)
        self.said.append(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return self.said[-1]

    def is_silent(self) -> None:
        """No command has said a secret, no file of the workspace and no commit holds one."""
        for each in self.said:
            assert not found_in(each.encode()), each
        # What an executor printed is kept as it was; `ymir jobs logs` shows it without secrets.
        found = leaks(self.workspace.root, PLANTED)
        printed = {place for place in found if place.endswith(("/log", ".log", "log.txt"))}
        assert not {place: names for place, names in found.items() if place not in printed}
        assert all(set(found[each]) == {"file"} for each in printed), found
        assert not in_git(self.workspace.root)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Everything that takes a secret has one, and every server repeats what it hears."""
    home = tmp_path_factory.mktemp("secrets")
    (home / "secret").write_text(f"{SECRETS['file']}\n")
    with repeating() as (parrot, told), replaying() as cvat:
        cvat.fault = lambda _, method, path: (403, {}, _echo(method, path))
        environment = {
            **ENVIRONMENT,
            "LABELS": SECRETS["label token"],
            "SLACK": f"{parrot}/services/{SECRETS['webhook address']}",
            "SIGNS": SECRETS["webhook signature"],
            "GITHUB_TOKEN": SECRETS["CI token"],
            "AWS_SECRET_ACCESS_KEY": SECRETS["cloud key"],
            "HTTPS_PROXY": f"http://me:{SECRETS['proxy password']}@127.0.0.1:9",
            "HOME": str(home),
        }
        label = {"url": cvat.url, "token": {"env": "LABELS"}, "patience": "1s"}
        workspace = unproven(
            home / "pets",
            label={"use": "cvat", "with": label},
            goal={"map": 0.99, "rounds": 2},
        )
        _plant(workspace, parrot)
        spoken = Spoken(workspace, environment)
        with watching(str(GOSSIP)) as seen:
            _live(spoken)
        spoken.seen, spoken.told = seen, told
        yield spoken


def _echo(method: str, path: str) -> dict:
    token = SECRETS["label token"]
    return {"detail": f"{method} {path} with Bearer {token} is no good: {json.dumps(token)}"}


def _plant(workspace: Workspace, parrot: str) -> None:
    root, secret = workspace.root, SECRETS["file"]
    fails = root.parent / "fails"
    edit(workspace, str(GOSSIP.parents[1] / "colour_blocks.py"), str(GOSSIP))
    own = f"name: blocks\nenv: {{GOSSIP_FAILS: '{fails}'}}"
    edit(workspace, "name: blocks", own)
    spec = {
        "apiVersion": "ymir/v1",
        "kind": "Workspace",
        "remote": f"{parrot}/store",
        "lease": {"hold": "auto", "remote": "origin"},
        "notify": [
            {"use": "slack", "with": {"url": {"env": "SLACK"}}},
            {"use": "webhook", "with": {"url": f"{parrot}/hook", "secret": {"env": "SIGNS"}}},
            {"use": "webhook", "with": {"url": f"{parrot}/f", "secret": {"file": "../secret"}}},
        ],
    }
    (root / "specs" / "workspace.yaml").write_text(json.dumps(spec))
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Servers")
    address = parrot.replace("http://", f"http://bot:{SECRETS['git password']}@")
    workspace.run("git", "remote", "add", "origin", f"{address}/repository.git")
    for project in (".dvc", "media/.dvc"):
        (root / project / "config.local").write_text(
            "['remote \"ymir\"']\n    auth = basic\n    user = me\n"
            f"    password = {SECRETS['remote password']}\n"
        )
    assert secret not in json.dumps(spec)


def _live(spoken: Spoken) -> None:
    """What people and CI type, while jobs fail, then run, and everybody else refuses."""
    fails = spoken.workspace.root.parent / "fails"
    spoken.ymir("validate")
    spoken.ymir("plan", "-o", "plan.json", "--json-into", "said.json")
    fails.touch()
    assert "RuntimeError: 403" in spoken.ymir("apply")
    spoken.ymir("jobs", "logs", "pets/r1/train")
    fails.unlink()
    assert "is no good" in spoken.ymir("apply", "--retry")
    assert "pets/r1/send" in spoken.ymir("apply", "--json")
    for words in (
        ("status",),
        ("status", "--json"),
        ("plan", "--json"),
        ("plan", "--full", "--refresh"),
        ("log",),
        ("notify", "--test"),
        ("push",),
        ("apply", "--push"),
        ("pull",),
        ("lock",),
        ("jobs",),
        ("jobs", "--json"),
        ("labels",),
        ("report", "pets"),
        ("site",),
        ("fsck", "--remote"),
        ("gc",),
        ("ci", "summary", "said.json"),
    ):
        spoken.ymir(*words)


def test_no_file_no_commit_and_no_output_holds_a_secret(spoken):
    spoken.is_silent()


def test_servers_were_told_the_secrets_that_are_theirs(spoken):
    """Else the search would find nothing because nothing was there."""
    heard = found_in(" ".join(spoken.told).encode())
    assert {"webhook address", "git password", "remote password"} <= set(heard)
    assert "label token" not in heard


def test_everybody_was_refused_and_says_so(spoken):
    said = "\n".join(spoken.said)
    assert "it was refused: 403" in said
    assert "with Bearer *** is no good" in said
    assert "Traceback" not in said
    assert "https://x.example/?X-Amz-Signature=***" in said


def test_no_process_shows_a_secret_but_git_s_own(spoken):
    """Git tells its helper the address of a remote, with what people wrote into it."""
    assert "watched" in spoken.seen
    shown = {name: each for name, each in spoken.seen.items() if each}
    others = {
        name: each for name, each in shown.items() if "git" not in name or "remote" not in name
    }
    assert not others
    assert all(each == {"git password"} for each in shown.values())


def test_a_log_is_shown_without_the_secrets_that_are_in_it(tmp_path):
    """Whoever runs as you can read your files; what is shown of it is another matter."""
    (tmp_path / "secret").write_text(SECRETS["file"])
    label = {"url": "http://127.0.0.1:9", "token": {"file": "../secret"}}
    workspace = unproven(tmp_path / "pets", label={"use": "cvat", "with": label})
    edit(workspace, str(GOSSIP.parents[1] / "colour_blocks.py"), str(GOSSIP))
    fails = json.dumps({"GOSSIP_FAILS": "/", "GOSSIP": SECRETS["file"]})
    edit(workspace, "name: blocks", f"name: blocks\nenv: {fails}")
    spoken = Spoken(workspace, ENVIRONMENT)
    assert "RuntimeError: 403 for *** at" in spoken.ymir("apply")
    logged = spoken.ymir("jobs", "logs", "pets/r1/train")
    assert "my environment" in logged
    for each in (*spoken.said, spoken.ymir("status", "--json"), spoken.ymir("plan")):
        assert not found_in(each.encode()), each
    for place in ("events.jsonl",):
        assert not found_in((workspace.root / ".ymir" / place).read_bytes())
    assert sys.executable in (workspace.root / "specs" / "all.yaml").read_text()
