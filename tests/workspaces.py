"""Real workspaces, small enough to go through whole loops in seconds."""

import atexit
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

from tests import forked
from tests.faults import effects

EXECUTOR = Path(__file__).with_name("colour_blocks.py")
CELL, BLOCK, GRID = 16, 12, 4
SIDE = CELL * GRID
COLOURS = [(17 * i % 256, 61 * i % 256, 113 * i % 256) for i in range(1, 25)]
CLASSES = ("cat", "dog")
SPECS = """\
apiVersion: ymir/v1
kind: Labels
classes: [cat, {{name: dog, aliases: [hound]}}]
---
{{apiVersion: ymir/v1, kind: Dataset, name: base, from: {{format: voc, path: raw/base}}}}
---
{{apiVersion: ymir/v1, kind: Dataset, name: val, from: {{format: voc, path: raw/val}}}}
---
{{apiVersion: ymir/v1, kind: Dataset, name: test, from: {{format: voc, path: raw/test}}}}
---
{{apiVersion: ymir/v1, kind: Dataset, name: pool, from: {{format: voc, path: raw/pool}}}}
---
apiVersion: ymir/v1
kind: Executor
name: blocks
command: ["{python}", "{executor}"]
---
apiVersion: ymir/v1
kind: Project
name: pets
labels: [cat, dog]
data: {{training: base, validation: val, testing: test, mining: pool}}
goal: {goal}
train: {train}
mine: {mine}
label: {label}
"""


@dataclass(frozen=True)
class Workspace:
    """A folder, and the commands typed in it."""

    root: Path
    gates: Mapping[str, object] = field(default_factory=dict)  # of its project, unless told

    def ymir(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type `ymir …` and wait."""
        return forked.run(words, self.root, ENVIRONMENT)

    def disturbed(self, *words: str, **fault: object) -> subprocess.CompletedProcess[str]:
        """Type `ymir …` with a fault at one of its effects (`tests.faults.effects`), and wait."""
        return forked.run(words, self.root, effects.environment(ENVIRONMENT, **fault))

    def start(self, *words: str) -> forked.Process:
        """Type `ymir …` and do not wait; what it says goes to `said`."""
        with (self.root / ".git" / "said.txt").open("w") as said:
            return forked.start(words, self.root, ENVIRONMENT, said.fileno(), said.fileno())

    @property
    def said(self) -> str:
        """What the command that was started last has said so far."""
        return (self.root / ".git" / "said.txt").read_text()

    def data(self, *words: str) -> dict:
        """What `ymir … --json` says."""
        return json.loads(self.ymir(*words, "--json").stdout)

    def run(self, *words: str) -> str:
        """Another program, which must succeed."""
        done = subprocess.run(
            words, cwd=self.root, capture_output=True, text=True, check=False, env=ENVIRONMENT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def spec(self, **parts: object) -> None:
        """Write the specs; each part replaces a part of the project."""
        (self.root / "specs").mkdir(exist_ok=True)
        (self.root / "specs" / "all.yaml").write_text(specs(**{"gates": self.gates, **parts}))

    def events(self) -> list[dict]:
        """What `.ymir/events.jsonl` says of all runs."""
        lines = (self.root / ".ymir" / "events.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


YMIR = (sys.executable, "-m", "ymir.cli.main")
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "DVC_NO_ANALYTICS": "1",
    "NO_COLOR": "1",
    "GIT_TEST_FSYNC": "0",  # nobody pulls the plug of a test
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


def specs(**parts: object) -> str:
    """The workspace's specs as YAML."""
    chosen = {
        "goal": {"map": 0.95, "rounds": 5},
        "train": {"executor": "blocks"},
        "mine": {"use": "entropy", "topk": 6},
        "label": {"use": "existing"},
        **parts,
    }
    gates = chosen.pop("gates", None)
    words = {name: json.dumps(value) for name, value in chosen.items()}
    text = SPECS.format(python=sys.executable, executor=EXECUTOR, **words)
    return f"{text}gates: {json.dumps(gates)}\n" if gates else text


def make(root: Path, **parts: object) -> Workspace:
    """A workspace with pictures, specs, git and DVC, before its first `apply`."""
    return _with_specs(Workspace(root), parts)


def unproven(root: Path, **parts: object) -> Workspace:
    """The same without proofs of its packages, which take half of the time of small rounds."""
    return _with_specs(Workspace(root, {"package": "ignore"}), parts)


def applied(root: Path, **parts: object) -> Workspace:
    """One without proofs whose first batch waits for people: a copy, made once for a process."""
    key = json.dumps(parts, sort_keys=True)
    if key not in _APPLIED:
        template = unproven(_templates() / str(len(_APPLIED)), **parts)
        done = template.ymir("apply")
        assert done.returncode == 3, done.stdout + done.stderr
        _APPLIED[key] = template
    return copied(_APPLIED[key], root)


def copied(workspace: Workspace, root: Path, *, without: str = "") -> Workspace:
    """Another one like it; what jobs still write there cannot be copied, and is left out."""
    shutil.copytree(workspace.root, root, symlinks=True, ignore=shutil.ignore_patterns(without))
    return replace(workspace, root=root)


_APPLIED: dict[str, Workspace] = {}


@cache
def _templates() -> Path:
    """A folder that goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-workspaces-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _bare() -> Workspace:
    """A workspace with its pictures, before anybody has written specs."""
    workspace = Workspace(_templates() / "bare")
    workspace.root.mkdir()
    done = workspace.ymir("init", ".")
    assert done.returncode == 0, done.stderr
    root = workspace.root
    (root / "specs" / "labels.yaml").unlink()
    draw(root / "raw" / "base", count=6, colours=COLOURS[:6], seed=1)
    draw(root / "raw" / "val", count=6, colours=COLOURS, seed=2)
    draw(root / "raw" / "test", count=30, colours=COLOURS, seed=3)
    draw(root / "raw" / "pool", count=40, colours=COLOURS, seed=4)
    with (root / ".gitignore").open("a") as ignored:
        ignored.write("/raw/\n")
    return workspace


def _with_specs(workspace: Workspace, parts: Mapping[str, object]) -> Workspace:
    shutil.copytree(_bare().root, workspace.root, symlinks=True, dirs_exist_ok=True)
    workspace.spec(**parts)
    workspace.run("git", "add", "specs", ".gitignore")
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Specs")
    return workspace


def draw(folder: Path, *, count: int, colours: list[tuple[int, int, int]], seed: int) -> None:
    """Write a VOC data set of coloured blocks; the class is the colour's number, odd or even."""
    chance = random.Random(seed)
    for number in range(count):
        cells = chance.sample(range(GRID * GRID), chance.randint(1, 4))
        placed = [(cell, chance.choice(colours)) for cell in cells]
        write_image(folder, f"{folder.name}-{number:03}", placed)


def write_image(folder: Path, stem: str, placed: list[tuple[int, tuple[int, int, int]]]) -> None:
    """One picture and its XML; `placed` says which cell has which colour."""
    (folder / "JPEGImages").mkdir(parents=True, exist_ok=True)
    (folder / "Annotations").mkdir(exist_ok=True)
    picture = Image.new("RGB", (SIDE, SIDE), (250, 250, 250))
    objects = []
    for cell, colour in placed:
        x, y = CELL * (cell % GRID) + 2, CELL * (cell // GRID) + 2
        picture.paste(colour, (x, y, x + BLOCK, y + BLOCK))
        name = CLASSES[COLOURS.index(colour) % 2]
        objects.append(voc_object(name, (x + 1, y + 1, x + BLOCK, y + BLOCK)))
    picture.putpixel((0, SIDE - 1), (hash_of(stem), 250, 250))  # no two pictures are the same
    picture.putpixel((1, SIDE - 1), (hash_of(stem[::-1]), 250, 250))
    picture.save(folder / "JPEGImages" / f"{stem}.png")
    size = f"<size><width>{SIDE}</width><height>{SIDE}</height><depth>3</depth></size>"
    text = (
        f"<annotation><filename>{escape(stem)}.png</filename>{size}{''.join(objects)}</annotation>"
    )
    (folder / "Annotations" / f"{stem}.xml").write_text(text)


def voc_object(name: str, corners: tuple[int, int, int, int]) -> str:
    """One object of a VOC annotation; corners are counted from 1."""
    tags = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    box = "".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)
    return f"<object><name>{escape(name)}</name><bndbox>{box}</bndbox></object>"


def hash_of(text: str) -> int:
    """A small number that depends on every letter."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text)) % 251


def edit(workspace: Workspace, before: str, after: str) -> None:
    """Write something else where the specs say this, once."""
    file = workspace.root / "specs" / "all.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def with_origin(root: Path, told: str, **parts: object) -> Workspace:
    """One whose first batch waits for people, with `told` of itself; its origin is empty yet."""
    workspace = applied(root, **parts)
    (root / "specs" / "workspace.yaml").write_text(told)
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Where data go")
    workspace.run("git", "branch", "--move", "main")
    origin = str(root.parent / "origin.git")
    workspace.run("git", "init", "--quiet", "--bare", "-b", "main", origin)
    workspace.run("git", "remote", "add", "origin", origin)
    return workspace
