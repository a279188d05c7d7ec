"""A stranger's pull request is validated and planned: nothing is run, reached, or given away."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workspaces import ENVIRONMENT, Workspace, unproven

AUDITED = Path(__file__).with_name("audited.py")
SECRET = "s3cret-of-the-runner"  # noqa: S105 - it is none
READING = ("rev-parse", "ls-files", "ls-tree", "cat-file", "show", "log", "status")


@dataclass
class Done:
    """How a command ended, and what it did."""

    code: int
    said: str
    events: list[dict]

    def ran(self) -> list[str]:
        """The programs that it ran."""
        runs = [each for each in self.events if each["event"] in ("subprocess.Popen",)]
        return [" ".join(each["args"][1]) for each in runs]

    def did(self, *events: str) -> list[dict]:
        """The events of these names."""
        return [each for each in self.events if each["event"] in events]

    def opened(self) -> set[str]:
        """The real paths of what it opened."""
        return {os.path.realpath(each["args"][0]) for each in self.did("open")}


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Workspace:
    """What the people who keep the repository have on `main`."""
    workspace = unproven(tmp_path_factory.mktemp("base") / "ws")
    kept = workspace.root / "specs" / "workspace.yaml"
    kept.write_text("{apiVersion: ymir/v1, kind: Workspace, images: ['ghcr.io/acme/*']}\n")
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "-m", "Rules")
    workspace.run("git", "branch", "--force", "main")
    kept.write_text("{apiVersion: ymir/v1, kind: Workspace, backend: docker}\n")
    workspace.run("git", "checkout", "--quiet", "-b", "boxes")
    workspace.run("git", "commit", "--quiet", "--all", "-m", "Jobs run in containers")
    workspace.run("git", "checkout", "--quiet", "main")
    return workspace


@pytest.fixture
def theirs(base, tmp_path) -> Workspace:
    """The same with a stranger's branch checked out."""
    shutil.copytree(base.root, tmp_path / "ws", symlinks=True)
    workspace = Workspace(tmp_path / "ws")
    workspace.run("git", "checkout", "--quiet", "-b", "theirs")
    return workspace


@pytest.fixture
def secret(tmp_path) -> Path:
    """What lies on the runner and is nobody's business."""
    file = tmp_path / "home" / "token"
    file.parent.mkdir()
    file.write_text(f"{SECRET}\n")
    return file


def typed(workspace: Workspace, *words: str, **more: str) -> Done:
    log = workspace.root.parent / "audit.jsonl"
    log.unlink(missing_ok=True)
    environment = {**ENVIRONMENT, "RUNNER_SECRET": SECRET, **more}
    environment.pop("YMIR_POLICY_FROM", None)
    done = subprocess.run(
        [sys.executable, str(AUDITED), str(log), *words],
        cwd=workspace.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout + done.stderr, events)


def add(workspace: Workspace, text: str, name: str = "theirs.yaml") -> None:
    (workspace.root / "specs" / name).write_text(textwrap.dedent(text))


def harmless(done: Done, secret: Path) -> None:
    """Nothing was run but git that only reads, nothing reached, no secret read or said."""
    for line in done.ran():
        program, *rest = line.split()
        assert program == "git", line
        verb = next(each for each in rest if each[0].isalpha() and "=" not in each)
        assert verb in READING, line
    assert not done.did("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")
    assert not done.did("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind")
    assert str(secret.resolve()) not in done.opened()
    assert "/etc/passwd" not in done.opened()
    assert SECRET not in done.said
    assert not (secret.parent / "witness").exists()


def both(workspace: Workspace, secret: Path, ref: str = "main") -> str:
    """What `validate` and `plan` say of a pull request; whatever it is, they do no harm."""
    workspace.run("git", "add", "--all", "--force", ".")
    workspace.run("git", "commit", "--quiet", "--allow-empty", "-m", "Please merge")
    said = ""
    for words in (["validate"], ["plan"], ["plan", "--refresh", "--json", "-o", "../plan.json"]):
        done = typed(workspace, *words, "--policy-from", ref)
        harmless(done, secret)
        said += done.said
    return said


def test_programs_images_addresses_and_secrets_of_specs_are_left_alone(theirs, secret):
    witness = secret.parent / "witness"
    add(
        theirs,
        f"""\
        {{apiVersion: ymir/v1, kind: Executor, name: evil, command: [sh, -c, "touch {witness}"]}}
        ---
        {{apiVersion: ymir/v1, kind: Executor, name: boxed, image: "ghcr.io/acme/x:1"}}
        ---
        apiVersion: ymir/v1
        kind: Dataset
        name: away
        from: {{format: voc, url: "http://127.0.0.1:9/x.zip", sha256: {"a" * 64}}}
        ---
        apiVersion: ymir/v1
        kind: Dataset
        name: cloud
        from: {{format: voc, url: "s3://bucket/folder/"}}
        ---
        apiVersion: ymir/v1
        kind: Dataset
        name: other
        from: {{git: {{url: "https://127.0.0.1:9/x.git", rev: v1, dataset: x}}}}
        ---
        apiVersion: ymir/v1
        kind: Model
        name: start
        from: {{url: "http://127.0.0.1:9/x.tar", sha256: {"a" * 64}}}
        """,
    )
    theirs.spec(
        train={"executor": "evil"},
        label={
            "use": "label-studio",
            "with": {"url": "http://127.0.0.1:9", "token": {"file": str(secret)}},
        },
    )
    said = both(theirs, secret)
    assert "+ base" in said
    assert "+ model:start" in said
    theirs.spec(train={"executor": "boxed"})
    assert "? pets" in both(theirs, secret, "boxes")


def test_their_rules_do_not_hold(theirs, secret):
    rules = "{apiVersion: ymir/v1, kind: Workspace, paths: [/], images: ['*']}\n"
    add(theirs, rules, "workspace.yaml")
    add(
        theirs,
        f"""\
        {{apiVersion: ymir/v1, kind: Executor, name: boxed, image: "evil.example/x:1"}}
        ---
        {{apiVersion: ymir/v1, kind: Dataset, name: grab, from: {{format: voc, path: /etc}}}}
        ---
        apiVersion: ymir/v1
        kind: Dataset
        name: home
        from: {{format: voc, zip: {secret}}}
        """,
    )
    assert typed(theirs, "validate").code == 0
    said = both(theirs, secret)
    assert "specs/workspace.yaml:1:29: this `Workspace` is not followed; that of `main` is" in said
    assert "`/etc` is outside the folders that ymir may read" in said
    assert "is not an image that `Workspace` allows" in said


def test_links_lead_nowhere(theirs, secret):
    (theirs.root / "specs" / "loop.yaml").symlink_to("loop.yaml")
    assert "specs/loop.yaml" in both(theirs, secret)
    for place in (secret, theirs.root / ".git" / "config"):
        (theirs.root / "specs" / "linked.yaml").unlink(missing_ok=True)
        (theirs.root / "specs" / "linked.yaml").symlink_to(place)
        said = both(theirs, secret)
        assert "`specs/linked.yaml` is a link that leads out of the repository" in said


def test_git_s_own_files_are_no_data(theirs, secret):
    """A checkout in CI keeps its token in `.git/config`."""
    theirs.run("git", "config", "http.extraheader", f"basic {SECRET}")
    add(
        theirs,
        "{apiVersion: ymir/v1, kind: Dataset, name: a, from: {format: voc, zip: .git/config}}",
    )
    theirs.spec(relabel={"images": [".git/config"]})
    said = both(theirs, secret)
    assert said.count("`.git/config` is git's own") >= 2


def test_a_forged_record_makes_nobody_follow_links(theirs, secret):
    """A dataset that exists is looked at; so a stranger says that his does."""
    forged = {
        "kind": "dataset",
        "settings": {},
        "inputs": {},
        "executor": None,
    }
    pointer = theirs.root / "data" / "datasets" / "base" / "v1.dvc"
    pointer.parent.mkdir(parents=True)
    entry = {"md5": f"{'0' * 32}.dir", "size": 1, "nfiles": 1, "hash": "md5", "path": "v1"}
    made = {"recipe": forged, "digest": "0" * 32, "facts": {}, "files": []}
    pointer.write_text(json.dumps({"outs": [entry], "meta": {"ymir": made}}))
    raw = theirs.root / "raw" / "base"
    (raw / "JPEGImages" / "stolen.png").symlink_to(secret)
    (raw / "Annotations" / "stolen.xml").symlink_to(secret)
    (raw / "tags.csv").symlink_to(secret)
    (raw / "more").symlink_to(secret.parent)
    both(theirs, secret)


def test_records_that_are_links_or_no_records_are_not_shown(theirs, secret):
    folder = theirs.root / "data" / "datasets" / "base"
    folder.mkdir(parents=True)
    (folder / "v1.dvc").symlink_to(secret)
    both(theirs, secret)
    (folder / "v1.dvc").unlink()
    (folder / "v1.dvc").write_text("[" * 5_000)
    both(theirs, secret)


def test_a_tree_may_look_like_a_repository_with_programs_of_its_own(theirs, secret):
    witness = secret.parent / "witness"
    run = f"sh -c 'touch {witness}'"
    nested = theirs.root / "loops"
    (nested / "objects").mkdir(parents=True)
    (nested / "refs").mkdir()
    (nested / "HEAD").write_text("ref: refs/heads/main\n")
    (nested / "config").write_text(
        f'[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "{run}"\n\thooksPath = hooks\n'
        f'[diff "x"]\n\ttextconv = "{run}"\n[filter "x"]\n\tclean = "{run}"\n\tsmudge = "{run}"\n'
        f'[alias]\n\tls-tree = "!{run}"\n\trev-parse = "!{run}"\n'
    )
    (nested / ".gitattributes").write_text("* filter=x diff=x\n")
    shutil.copytree(theirs.root / "specs", nested / "specs")
    shutil.copy(theirs.root / "specs" / "workspace.yaml", nested / "specs" / "workspace.yaml")
    for words in (["validate"], ["plan"], ["plan", "-o", "plan.json"], ["log"]):
        done = typed(Workspace(nested), *words, "--policy-from", "main")
        harmless_git = [line for line in done.ran() if not line.startswith("git ")]
        assert not harmless_git
        assert not witness.exists()


def test_modules_of_the_tree_are_not_those_of_python(theirs, secret):
    witness = secret.parent / "witness"
    for name in ("yaml", "ymir", "sitecustomize", "usercustomize", "typer"):
        (theirs.root / f"{name}.py").write_text(f"open({str(witness)!r}, 'w')\n")
    both(theirs, secret)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n"
            for n in range(12)
        ),
        "a: !!python/object/apply:os.system ['id']\n",
        "x" * 2_000_000,
    ],
)
def test_a_bomb_is_a_mistake(theirs, secret, text):
    (theirs.root / "specs" / "bomb.yaml").write_text(text)
    assert "specs/bomb.yaml" in both(theirs, secret)
