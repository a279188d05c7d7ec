"""A run that must end in time goes on elsewhere; a run that is told how far goes so far."""

import math
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.components import needs
from tests.workspaces import Workspace, applied, copied, unproven
from ymir.jobs.environment import folder_of, home_of, is_made

IS_SET_UP = is_made(home_of("tinydet"), folder_of("tinydet") / "requirements.txt")
TINYDET = needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")
STAGE = "pets/r1/train"
SMALL = {
    "iterations": 400,
    "image_size": 64,
    "crop": 64,
    "batch_size": 8,
    "export_onnx": False,
    "checkpoint_interval": 100_000,  # so that only a signal makes one
}


@dataclass
class Relay:
    """Clones that take over from each other, with nothing but a git and a DVC remote in between."""

    folder: Path
    kept: list[int] = field(default_factory=list)  # iterations at which checkpoints were made
    clones: int = 0

    def clone(self) -> Workspace:
        """One more machine, with what the others have pushed."""
        self.clones += 1
        root = self.folder / f"machine-{self.clones}"
        Workspace(self.folder).run("git", "clone", "--quiet", "origin.git", str(root))
        clone = Workspace(root)
        assert clone.ymir("pull").returncode == 0
        return clone

    def follow(self, clone: Workspace) -> None:
        """See that all is sent, where the training began, and where it stopped: its log says so."""
        assert clone.run("git", "status", "--porcelain", "--branch") == "## main...origin/main\n"
        log = _log(clone)
        began = [int(each) for each in re.findall(r"continuing at iteration (\d+)", log)]
        kept = [int(each) for each in re.findall(r"checkpoint kept at iteration (\d+)", log)]
        assert began == self.kept[-1:] or not kept, "it was cut before it said anything"
        assert all(each > before for each in kept for before in self.kept[-1:])
        self.kept += kept


@TINYDET
def test_a_training_that_is_cut_five_times_over_has_the_bytes_of_an_uncut_one(
    tmp_path: Path,
) -> None:
    first = _with_tinydet(tmp_path)
    relay = Relay(tmp_path)
    uncut = copied(first, tmp_path / "uncut")
    assert uncut.ymir("apply", "--until", "predict").returncode == 2
    for _ in range(4):
        clone = relay.clone()
        _cut_in_training(clone)
        relay.follow(clone)
    clone = _cut_by_time(relay, uncut)
    relay.follow(clone)
    assert len(relay.kept) >= 4  # the clock may have cut the last one before its first step
    subject = clone.data("log")[0]["subject"]
    assert re.fullmatch(r"pets round 1: train stopped at \d+%, its checkpoint kept", subject)

    last = relay.clone()
    done = last.ymir("apply", "--push", "--until", "predict")
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(rf"{STAGE}: goes on where another run stopped at \d+%", done.stdout)
    relay.follow(last)
    assert f"continuing at iteration {relay.kept[-1]}" in _log(last)
    files = {path.name for path in _model(uncut).iterdir()} - {"model.json"}  # which says when
    assert files == {"tinydet.safetensors", "model.yaml"}
    assert all(_model(last, name) == _model(uncut, name) for name in files)
    changed = last.run("git", "show", "--format=", "--name-status", "HEAD").split("\n")
    assert sorted(line[:1] + line[-4:] for line in changed if line) == ["D.dvc", "M.dvc"]
    assert not list((last.root / "data" / "checkpoints").iterdir())


def test_a_job_that_leaves_no_checkpoint_is_stopped_in_time_and_begins_again(
    tmp_path: Path,
) -> None:
    slow = {"executor": "blocks", "with": {"pause": 600}}
    workspace = unproven(tmp_path / "pets", train=slow)
    done = workspace.ymir("apply", "--max-duration", "8s")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "stopped cleanly" in done.stdout
    assert not (workspace.root / "data" / "checkpoints").exists()
    assert workspace.run("git", "status", "--porcelain") == ""
    if "train …" in done.stdout:
        assert f"{STAGE}: stopped; it left no checkpoint, and begins again" in done.stdout


def test_a_run_goes_until_what_it_is_told(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 0.95, "rounds": 2})
    done = workspace.ymir("apply", "--until", "label")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "pets/r1/label not begun: `--until label`" in done.stdout
    assert [each["stage"] for each in workspace.events()][-1] == "pets/r1/send"
    again = workspace.data("apply", "--until", "pets/r2/train")
    assert again["exit"] == 2
    assert again["held"] == {"pets/r2/train": "not begun: `--until pets/r2/train`"}
    stages = [each["stage"] for each in workspace.events() if each["event"] == "recorded"]
    assert stages[-1] == "pets/r2/training"


def test_what_waits_for_people_waits_as_before(tmp_path: Path) -> None:
    workspace = applied(tmp_path / "pets", label={"use": "folder"})
    assert workspace.ymir("apply", "--until", "label").returncode == 3
    assert workspace.ymir("apply", "--max-duration", "1h").returncode == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--until", "trian"), "no kind of stage is called `trian` hint: did you mean `train`?"),
        (("--until", "pest/r1/train"), "no project is called `pest`"),
        (("--until", "pets/1/train"), "say it like `pets/r2/train`"),
        (("--max-duration", "5 hours"), "`5 hours` is no duration hint: say `5h30m`"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_mistakes_are_told_before_anything_is_done(
    tmp_path: Path, words: tuple[str, str], says: str
) -> None:
    workspace = unproven(tmp_path / "pets")
    refused = workspace.ymir("apply", *words)
    assert refused.returncode == 1
    assert says in " ".join(refused.stderr.split())
    assert not (workspace.root / "data" / "datasets").exists()


def _with_tinydet(folder: Path) -> Workspace:
    """A workspace whose next stage is a training; its remotes have all that there is."""
    goal = {"map": 0.01, "rounds": 1}
    workspace = unproven(folder / "pets", goal=goal, train={"executor": "tinydet", "with": SMALL})
    specs = workspace.root / "specs"
    text = (specs / "all.yaml").read_text()
    bundled = re.sub(r"name: blocks\ncommand: .*", "name: tinydet\nbundled: tinydet", text)
    (specs / "all.yaml").write_text(bundled)
    remote = f"apiVersion: ymir/v1\nkind: Workspace\nremote: {folder / 'storage'}\n"
    (specs / "workspace.yaml").write_text(remote)
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "The real detector")
    made = workspace.ymir("apply", "--until", "train")
    assert made.returncode == 2, made.stdout + made.stderr
    assert f"{STAGE} not begun: `--until train`" in made.stdout
    origin = str(folder / "origin.git")
    workspace.run("git", "init", "--quiet", "--bare", "--initial-branch", "main", origin)
    workspace.run("git", "remote", "add", "origin", origin)
    workspace.run("git", "branch", "--move", "main")
    workspace.run("git", "push", "--quiet", "--set-upstream", "origin", "main")
    pushed = workspace.ymir("push")
    assert pushed.returncode == 0, pushed.stderr
    return workspace


def _cut_by_time(relay: Relay, uncut: Workspace) -> Workspace:
    """Let the clock cut the training: after half the time that it took, or less if it got faster.

    What is sent is the first clone that did not make it.
    """
    (took,) = [each["seconds"] for each in uncut.events() if each["event"] == "recorded"][-1:]
    for part in (1, 2, 4, 8):
        clone = relay.clone()
        limit = ("--max-duration", f"{math.ceil(took / part)}s")
        cut = clone.ymir("apply", "--until", "predict", *limit)
        assert cut.returncode == 2, cut.stdout + cut.stderr
        if f"✓ {STAGE}" not in cut.stdout:
            break
    assert "the time is up: stopping" in cut.stdout
    sent = clone.ymir("push", "--git")
    assert sent.returncode == 0, sent.stderr
    return clone


def _cut_in_training(clone: Workspace) -> None:
    """Send SIGTERM, as CI does, once the training has got on."""
    applying = clone.start("apply", "--push")
    deadline = time.monotonic() + 120
    while not _own_progress(clone):
        assert applying.poll() is None, clone.said
        assert time.monotonic() < deadline
        time.sleep(0.01)
    applying.send_signal(signal.SIGTERM)
    assert applying.wait(120) == 2, clone.said
    assert re.search(rf"{STAGE}: stopped at \d+%; goes on from its checkpoint", clone.said)


def _own_progress(clone: Workspace) -> float:
    """What the training of this clone, not the one it took over from, said of itself."""
    monitors = clone.root.glob(".ymir/jobs/*/attempts/*/out/monitor.txt")
    said = [line for line in (path.read_text() for path in monitors) if line]
    return max((float(line.split("\t")[2]) for line in said), default=0.0) > 0.05


def _log(clone: Workspace) -> str:
    logs = clone.root.glob(".ymir/jobs/pets-r1-train-*/attempts/*/log.txt")
    return "".join(path.read_text() for path in sorted(logs))


def _model(workspace: Workspace, name: str = "") -> Path | bytes:
    folder = workspace.root / "data" / "rounds" / "pets" / "1" / "model"
    return (folder / name).read_bytes() if name else folder
