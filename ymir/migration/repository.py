"""A repository of YMIR's `mir`: a branch per dataset, a tag `dataset@task` per version of it.

Everything is read from commits, through git, so the work tree may be in any state and stays as it
is. Nothing is fetched, no hook or setting of the repository is obeyed that could run a program.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import DataError
from ymir.migration.wire import WireError

_SAFE = ("-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "--no-optional-locks")
_ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_REFS = ("refs/heads/", "refs/tags/")
_HINT = "`git fsck` in it says what is broken; restore it from a copy"


@dataclass(frozen=True)
class Revision:
    """One version of a dataset: what a branch or tag names."""

    dataset: str
    name: str  # `dataset@task`, or the branch where no tag names the commit
    commit: str


@dataclass(frozen=True)
class Repository:
    """The folder that `mir` calls its root."""

    folder: Path

    def revisions(self) -> dict[str, list[Revision]]:
        """The versions of each dataset, newest first."""
        self._must_be_one()
        form = "--format=%(objectname) %(*objectname) %(refname)"
        listed = [line.split(" ", 2) for line in self._lines("for-each-ref", form, *_REFS)]
        order = {commit: at for at, commit in enumerate(self._commits())}
        named: dict[tuple[str, str], Revision] = {}
        for tagged, target, ref in sorted(listed, key=lambda each: each[2]):  # heads, then tags
            name, commit = ref.split("/", 2)[2], target or tagged
            if commit in order:  # a tag can also name a file
                dataset = name.partition("@")[0]
                named[dataset, commit] = Revision(dataset, name, commit)
        found: dict[str, list[Revision]] = {}
        for each in sorted(named.values(), key=lambda each: (each.dataset, order[each.commit])):
            found.setdefault(each.dataset, []).append(each)
        return found

    def files(self, revision: Revision) -> frozenset[str]:
        """The names of the files that a version consists of."""
        listed = self._git("ls-tree", "-z", "--name-only", revision.commit)
        return frozenset(listed.decode(errors="replace").split("\0")) - {""}

    def read(self, revision: Revision, name: str) -> bytes:
        """One file of a version."""
        return self._git("cat-file", "blob", f"{revision.commit}:{name}")

    @contextmanager
    def decoding(self, revision: Revision, name: str) -> Iterator[None]:
        """Say which file it was that could not be understood."""
        try:
            yield
        except WireError as error:
            what = f"`{name}` of `{revision.name}` in `{self.folder}` cannot be read: {error}"
            raise DataError(what, hint=_HINT) from error

    def _must_be_one(self) -> None:
        if not (self.folder / ".git").exists():
            hint = "name the folder that holds `.git` and `.mir`, which `mir` calls its root"
            raise DataError(f"`{self.folder}` is no repository of `mir`", hint=hint)

    def _commits(self) -> list[str]:
        """Every commit, each before those that it came from."""
        return self._lines("rev-list", "--topo-order", "--branches", "--tags")

    def _lines(self, *arguments: str) -> list[str]:
        return self._git(*arguments).decode(errors="replace").splitlines()

    def _git(self, *arguments: str) -> bytes:
        command = ["git", *_SAFE, "-C", str(self.folder), *arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        alone = {**_ALONE, "GIT_CEILING_DIRECTORIES": str(self.folder.resolve().parent)}
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments, no shell
                command,
                env={**kept, **alone},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise DataError("git is not installed", hint="install git 2.30 or newer") from error
        if done.returncode:
            said = " / ".join(done.stderr.decode(errors="replace").strip().splitlines()[-2:])
            raise DataError(f"`{self.folder}` cannot be read: {said}", hint=_HINT)
        return done.stdout
