"""A command killed at every one of its effects, and what the next one makes of it.

All state is on disk, so equal states have equal futures. A loop is therefore cut at its commits:
each part begins with a copy of the workspace as it stood after the commit before, is killed at each
effect, and goes on to its own commit, where all must be as if nobody had been killed: then the rest
of the loop is, too. Some runs go on to the end all the same.

What must be equal is a `State`: everything but what tells the time.
"""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from tests.workspaces import Workspace, copied

# The name of a commit tells its time; so does the key of a batch, which is made of one.
TIMED = ("seconds", "gpu_seconds", "commit", "sent_at", "key")
_HEX = re.compile(r"[0-9a-f]{8,}")
_UNFINISHED = re.compile(r".*\.(tmp|partial|part|old|lock)|\.[0-9a-f]{32}")
_AFTER = re.compile(r"remove|rmdir|write .*events|subprocess|Popen")  # a stage's commit
_PAGE = rb"seconds|<html|\A# "
_REPORT = "reports/"  # its pages tell how long all took: no two are the same
_LOGS = (".git/logs", ".git/objects", ".ymir/jobs", ".ymir/events.jsonl")
_MEMORY = (
    ".ymir/dvc",
    ".dvc/tmp",
    "media/.dvc/tmp",
    ".ymir/pictures",
    ".ymir/phashes",
    ".ymir/sources",
    ".ymir/predictions",
    ".ymir/whole",
    ".ymir/labels/.",  # of a look that was killed before the workspace was held: it saves time
)


@dataclass(frozen=True)
class State:
    """What a workspace holds, in a form that can be compared."""

    files: Mapping[str, object]  # name -> content, of what is no object and no log
    commits: tuple[tuple[object, ...], ...]  # oldest first: subject, trailers, files, tags
    objects: frozenset[str]  # of both caches, but those of reports
    begun: Mapping[str, int]  # how often each job was begun
    status: str

    def differences(self, other: "State") -> list[str]:
        """In words, what the other one has or lacks."""
        return [
            f"{field.name}: {line}"
            for field in fields(self)
            for line in _differences(getattr(self, field.name), getattr(other, field.name))
        ]


def state(workspace: Workspace) -> State:
    """What there is now."""
    root = workspace.root
    listed = list(_listed(root))
    pages = _pages(root)
    return State(
        files={name: _content(root, name) for name in listed},
        commits=tuple(_commits(workspace)),
        objects=frozenset(_objects(root) - pages),
        begun=_begun(root),
        status=workspace.run("git", "status", "--porcelain"),
    )


def leftovers(root: Path) -> list[str]:
    """What has the name of something unfinished, wherever it lies."""
    kept = (".ymir/lock", ".git/said.txt")
    names = [f"{parent}/{name}" for parent, dirs, files in os.walk(root) for name in dirs + files]
    found = [name for name in names if _UNFINISHED.fullmatch(Path(name).name)]
    relative = (os.path.relpath(name, root) for name in found)
    return [
        name
        for name in relative
        if name not in kept and not re.search(r"attempts/\d+/lock$|^\.ymir/labels/\.", name)
    ]


@dataclass(frozen=True)
class Part:
    """A command from one commit to the next, and a little more: until the next stage begins."""

    before: Workspace
    effects: tuple[str, ...]
    first: int  # where those begin that no other part has, too

    @property
    def points(self) -> range:
        """The effects to be killed at, counted from 1."""
        return range(self.first, len(self.effects) + 1)


@dataclass(frozen=True)
class Run:
    """A command that nobody disturbs: its parts, and how things stand after each commit."""

    words: tuple[str, ...]
    commits: int  # before it
    parts: tuple[Part, ...]
    states: tuple[State, ...]  # after so many commits more; the last when it has ended

    def survives(self, part: Part, points: Sequence[int], folder: Path) -> list[str]:
        """Kill it at one effect, once more at the next, and so on, then let it make a commit.

        Returns what is then not as it should be.
        """
        workspace = copied(part.before, folder)
        codes = [self._killed(workspace, at) for at in points]
        again = workspace.disturbed(*self.words, after="commit", do="kill")
        age(workspace.root)
        made = _count(workspace) - self.commits
        wanted = self.states[made] if again.returncode == -9 else self.states[-1]
        found = [] if again.returncode in (-9, 0, 3, 4) else [again.stderr]
        found += wanted.differences(state(workspace))
        found += [f"left: {name}" for name in leftovers(workspace.root)]
        if codes[0] != -9:
            found.append(f"it was not killed, but ended: {codes[0]}")
        shutil.rmtree(folder)
        where = f"{points[0]} to {points[-1]} ({_HEX.sub('…', part.effects[points[0] - 1][-120:])})"
        return [f"{where}: {line}" for line in found]

    def _killed(self, workspace: Workspace, at: int) -> int:
        code = workspace.disturbed(*self.words, at=at, do="kill").returncode
        age(workspace.root)
        return code


def run(template: Workspace, words: tuple[str, ...], folder: Path) -> Run:
    """What a command does in a workspace, from commit to commit."""
    before, states, found = template, [state(template)], []
    while True:
        number = len(found) + 1
        log = folder / f"{number}.txt"
        further = copied(before, folder / f"{number}-further")
        further.disturbed(*words, after="commit", times=2, do="kill", log=str(log))
        found.append(_part(before, tuple(log.read_text().splitlines()), number))
        shutil.rmtree(further.root)
        workspace = copied(before, folder / str(number))
        ended = workspace.disturbed(*words, after="commit", do="kill").returncode != -9
        states.append(state(workspace))
        if ended:
            return Run(words, _count(template), tuple(found), tuple(states))
        before = workspace


def _part(before: Workspace, effects: tuple[str, ...], number: int) -> Part:
    """From the log of a run up to its second commit."""
    own = [n for n, each in enumerate(effects) if "/.ymir/jobs/" in each or "/labels/" in each]
    first = own[0] + 1 if own and number > 2 else 1
    committed = [n for n, each in enumerate(effects) if "'commit', '--quiet'" in each]
    end = committed[0] + 1 if committed else len(effects)
    while end < len(effects) and _AFTER.match(effects[end]):
        end += 1
    return Part(before, effects[: end + 1], first)


def age(root: Path) -> None:
    """Let what is unfinished look as if the next command came a minute later."""
    for name in leftovers(root):
        info = (root / name).lstat()
        os.utime(root / name, (info.st_atime - 60, info.st_mtime - 60), follow_symlinks=False)


def _count(workspace: Workspace) -> int:
    return (workspace.root / ".git" / "logs" / "HEAD").read_text().count("\n")


def _listed(root: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(root):
        here = os.path.relpath(parent, root)
        folders[:] = [name for name in folders if not _is_log(f"{here}/{name}")]
        empty = [name for name in folders if not any(Path(parent, name).iterdir())]
        for path in (os.path.normpath(f"{here}/{name}") for name in (*files, *empty)):
            if not _is_log(path) and "/cache/" not in path and ".git" not in path.split("/")[:1]:
                yield path


def _is_log(name: str) -> bool:
    return os.path.normpath(name).startswith((*_LOGS, *_MEMORY))


def _content(root: Path, name: str) -> object:
    path = root / name
    if path.is_dir():
        return "a folder"
    if name.startswith((".ymir", _REPORT)) and not name.endswith(".dvc"):
        return None
    if path.suffix == ".dvc":
        return _untimed(yaml.safe_load(path.read_text()), is_report=name.startswith(_REPORT))
    return path.read_bytes() if path.stat().st_size < 4096 else path.stat().st_size


def _untimed(said: Any, *, is_report: bool) -> Any:
    """A pointer without times; of a report's, also without what its pages amount to."""
    gone = (*TIMED, *(("md5", "size", "digest") if is_report else ()))
    if isinstance(said, dict):
        return {k: _untimed(v, is_report=is_report) for k, v in said.items() if k not in gone}
    return (
        [_untimed(each, is_report=is_report) for each in said] if isinstance(said, list) else said
    )


def _commits(workspace: Workspace) -> Iterator[tuple[object, ...]]:
    shown = workspace.run("git", "log", "--reverse", "--format=%x00%D%x01%B%x01", "--name-status")
    for each in shown.split("\0")[1:]:
        names, message, files = each.split("\1")
        tags = tuple(name for name in names.split(", ") if name.startswith("tag: "))
        yield message.strip(), tags, tuple(files.split())


def _objects(root: Path) -> set[str]:
    found = (*root.glob(".dvc/cache/files/md5/*/*"), *root.glob("media/.dvc/cache/files/md5/*/*"))
    return {f"{path.parent.name}{path.name}" for path in found}


def _pages(root: Path) -> set[str]:
    """Objects of reports, also of those that were made twice: whatever lists or is a page."""
    cache = root / ".dvc" / "cache" / "files" / "md5"
    pages = set()
    for path in cache.glob("*/*"):
        head = path.read_bytes()
        if path.suffix == ".dir" and (b'"index.html"' in head):
            pages |= {each["md5"] for each in json.loads(head)} | {f"{path.parent.name}{path.name}"}
        elif head.startswith((b"<!", b"# ", b'{"', b"{\n")) and re.search(_PAGE, head):
            pages.add(f"{path.parent.name}{path.name}")
    return pages


def _begun(root: Path) -> Mapping[str, int]:
    """How often each job's executor began, as it noted itself."""
    noted = root / ".git" / "begun.txt"
    return Counter(noted.read_text().split()) if noted.exists() else {}


def _differences(mine: object, other: object) -> list[str]:
    if mine == other:
        return []
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        return [
            f"{key}: {line}"
            for key in sorted(mine.keys() | other.keys())
            for line in _differences(mine.get(key, "nothing"), other.get(key, "nothing"))
        ]
    if isinstance(mine, tuple | frozenset) and isinstance(other, tuple | frozenset):
        lacks = [f"lacks {each}" for each in mine if each not in other]
        return lacks + [f"has {each}" for each in other if each not in mine] or ["another order"]
    return [f"{mine!r:.300} -> {other!r:.300}"]
