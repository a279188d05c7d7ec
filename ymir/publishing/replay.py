"""Ymir's own commits, made again upon those of others: in git alone, no work tree is touched."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from ymir.dvc.project import LINEAGE, PASSING
from ymir.git import attempt, author, output
from ymir.publishing.settle import Texts, own_name, settled
from ymir.publishing.target import setting

_OF_THE_FIRST = (*PASSING, LINEAGE)  # whoever came first has said it
_GONE = "0" * 40


class Commit(NamedTuple):
    """A commit, who made it, and what it changed."""

    id: str
    parents: tuple[str, ...]
    stage: str  # its trailer; empty of people's
    subject: str
    files: tuple[Change, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether ymir made it, and of its own files."""
        is_plain = bool(self.stage) and len(self.parents) < 2
        return is_plain and all(own_name(each.name) for each in self.files)


class Change(NamedTuple):
    """A file, its content before and after, and its mode after."""

    name: str
    before: str
    after: str
    mode: str


@dataclass
class Replay:
    """What came of it: the newest commit, how many were made, and what stood in the way."""

    tip: str
    made: dict[str, str] = field(default_factory=dict)  # old -> new
    conflicts: list[str] = field(default_factory=list)


def commits(workspace: Path, *arguments: str) -> Iterator[Commit]:
    """The commits that options of `git log` name, with the files that each changed."""
    form = "--format=%x01%H%x1e%P%x1e%(trailers:key=Ymir-Stage,valueonly,separator=%x2c)%x1e%s%x00"
    flags = ("--raw", "-z", "--no-renames", "--no-abbrev", "--root", "--full-index")
    for entry in output(workspace, "log", form, *flags, *arguments).split("\x01")[1:]:
        head, _, changed = entry.partition("\0")
        commit, parents, stage, subject = head.split("\x1e")
        files = tuple(_changes(changed.strip("\0\n")))
        yield Commit(commit, tuple(parents.split()), stage.strip(), subject, files)


def _changes(raw: str) -> Iterator[Change]:
    """`:100644 100644 old new M`, the name, and again."""
    parts = raw.split("\0")
    for said, name in zip(parts[::2], parts[1::2], strict=False):
        _, mode, before, after, _ = said.strip().lstrip(":").split(" ")
        yield Change(name, before, after, mode)


def top_of(workspace: Path) -> Path:
    """The root of the work tree."""
    return Path(output(workspace, "rev-parse", "--show-toplevel").rstrip("\n"))


def replay(workspace: Path, own: tuple[Commit, ...], onto: str) -> Replay:
    """Make these commits again upon `onto`; one that says nothing new is left out."""
    top = top_of(workspace)
    folder = Path(output(workspace, "rev-parse", "--absolute-git-dir").rstrip("\n"))
    index = folder / f"ymir-{os.getpid()}-{secrets.token_hex(4)}.index"
    done = Replay(onto)
    try:
        for commit in own:
            wanted = _wanted(top, commit, done)
            if not done.conflicts and wanted:
                done.tip = _made(top, index, commit, done.tip, wanted)
                done.made[commit.id] = done.tip
    finally:
        index.unlink(missing_ok=True)
        index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
    return done


def _wanted(top: Path, commit: Commit, done: Replay) -> list[tuple[str, str, str]]:
    """Mode, content and name of each file that the commit changes where it is made again."""
    wanted = []
    for change in commit.files:
        now = _content(top, done.tip, change.name)
        if now == change.after:
            continue
        after = change.after
        if now != change.before:
            found = _settle(top, change, now)
            if found is None:
                done.conflicts.append(change.name)
                continue
            if found == now:
                continue
            after = found
        wanted.append(("0" if after == _GONE else change.mode, after, change.name))
    return wanted


def _settle(top: Path, change: Change, now: str) -> str | None:
    name = own_name(change.name)
    if name and any(fnmatch(name, each) for each in _OF_THE_FIRST):
        return now
    texts = Texts(*(_text(top, each) for each in (change.before, now, change.after)))
    text = settled(name, texts) if name else None
    if text is None:
        return None
    if text in (texts.theirs, texts.ours):
        return now if text == texts.theirs else change.after
    return output(top, "hash-object", "-w", "--stdin", given=text).strip()


def _made(
    top: Path, index: Path, commit: Commit, onto: str, wanted: list[tuple[str, str, str]]
) -> str:
    """The same message, by the same author, of the same moment."""
    listed = "".join(f"{mode} {content}\t{name}\0" for mode, content, name in wanted)
    apart = {"GIT_INDEX_FILE": str(index)}
    output(top, "read-tree", onto, settings=apart)
    output(top, "update-index", "-z", "--index-info", given=listed, settings=apart)
    tree = output(top, "write-tree", settings=apart).strip()
    form = "%an%x00%ae%x00%aI%x00%B"
    name, mail, date, message = output(top, "log", "-1", f"--format={form}", commit.id).split("\0")
    is_signed = setting(top, "commit.gpgsign").lower() in ("true", "1", "yes", "on")
    flags = ("-S",) if is_signed else ()
    by = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": date}
    asked = (*author(top), "commit-tree", *flags, tree, "-p", onto)
    return output(top, *asked, given=f"{message.strip()}\n", settings=by).strip()


def _content(top: Path, commit: str, name: str) -> str:
    found = attempt(top, "--literal-pathspecs", "ls-tree", "-z", commit, "--", name).stdout
    return found.split("\t")[0].split(" ")[2] if found else _GONE


def _text(top: Path, content: str) -> str | None:
    return None if content == _GONE else output(top, "cat-file", "blob", content)
