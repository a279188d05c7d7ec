"""The leases of one workspace, in refs of its remote that no branch and no tag shows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ymir.errors import StoreError
from ymir.lease.git import Git, Said
from ymir.lease.lease import Lease, read, written

_TRIES = 5
_PAUSE = 0.2  # seconds: another push has the ref for a moment
_PUSH = ("--porcelain", "--no-verify", "--no-signed", "--no-follow-tags")
_FETCH = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--refmap=")
_ALONE = "--recurse-submodules=no"


class UnreachableError(StoreError):
    """The remote does not answer, or not to us: check the network and who may push there."""


class RefusedError(StoreError):
    """The remote keeps no leases: let runs keep apart without it."""


class Swap(NamedTuple):
    """A ref is `old`, and shall be `new`; None where there is, or shall be, no ref."""

    old: str | None
    new: str | None


@dataclass(frozen=True)
class Refs:
    """Project -> object, in the remote."""

    git: Git
    remote: str  # its address
    name: str  # as people call it
    prefix: str  # of the refs, with the `/` at its end

    def there(self) -> dict[str, str]:
        """The objects that the refs hold now, by project."""
        said = self.git("ls-remote", "--quiet", self.remote, f"{self.prefix}*")
        if said.code:
            raise self._unreachable(said)
        pairs = (line.split("\t") for line in said.out.splitlines() if "\t" in line)
        return {ref.removeprefix(self.prefix): found for found, ref in pairs}

    def text(self, found: str) -> str | None:
        """What an object says, fetched if need be; None if no ref holds it any more."""
        said = self.git("cat-file", "commit", found)
        if said.code:
            fetched = self.git("fetch", *_FETCH, _ALONE, self.remote, found)
            if fetched.code and found not in self.there().values():
                return None
            if fetched.code:
                raise self._unreachable(fetched)
            said = self.git("cat-file", "commit", found)
        return "" if said.code else said.out.partition("\n\n")[2]

    def lease(self, found: str) -> Lease | None:
        """The same as a lease; None also of what is none that we can read."""
        return read(self.text(found) or "")

    def put(self, lease: Lease) -> str:
        """Make an object of a lease: a commit of nothing, whose message it is."""
        tree = self._made("hash-object", "-w", "-t", "tree", "--stdin")
        return self._made("commit-tree", tree, given=written(lease))

    def swap(self, changes: Mapping[str, Swap]) -> dict[str, bool]:
        """Change refs that are as they are believed to be; which of them are as they shall be."""
        for attempt in range(_TRIES):
            said = self._push(changes)
            if said.code == 0:
                return dict.fromkeys(changes, True)
            now = self.there()  # what it said may be lost, and the push done
            done = {name: now.get(name) == swap.new for name, swap in changes.items()}
            if all(done[name] or now.get(name) != changes[name].old for name in changes):
                return done
            if not _may_pass(said):
                break
            time.sleep(_PAUSE * (attempt + 1))
        raise self._refused(said) if _is_refusal(said) else self._unreachable(said)

    def _push(self, changes: Mapping[str, Swap]) -> Said:
        expected = [
            f"--force-with-lease={self.prefix}{name}:{swap.old or ''}"
            for name, swap in changes.items()
        ]
        specs = [f"{swap.new or ''}:{self.prefix}{name}" for name, swap in changes.items()]
        return self.git("push", *_PUSH, _ALONE, *expected, self.remote, *specs)

    def _made(self, *words: str, given: str = "") -> str:
        said = self.git(*words, given=given)
        if said.code:
            raise StoreError(
                f"a lease cannot be written: {said.why}",
                hint="see that you may push to the git remote; `--no-lease` goes without",
            )
        return said.out.strip()

    def _unreachable(self, said: Said) -> UnreachableError:
        return UnreachableError(
            f"the git remote `{self.name}` does not answer, or not to you: {said.why}",
            hint="check the network and whether you may push there; `--no-lease` goes on without",
        )

    def _refused(self, said: Said) -> RefusedError:
        lines = [line for line in said.out.splitlines() if "[remote rejected]" in line]
        why = lines[0].partition("[remote rejected]")[2].strip(" ()")
        return RefusedError(
            f"the git remote `{self.name}` refuses the refs `{self.prefix}*`: {why}",
            hint="allow them there, or write `lease: {hold: never}` in the `Workspace` spec and "
            "see to it that one run works at a time",
        )


def prefix_of(inside: str) -> str:
    """Where the leases of the workspace lie that has this path in its repository."""
    digest = hashlib.sha256(inside.strip("/").encode("utf-8", "surrogateescape")).hexdigest()
    return f"refs/ymir/leases/{digest[:12]}/"


def _may_pass(said: Said) -> bool:
    """Whether the ref was only held by another push."""
    words = said.out + said.err
    return any(sign in words for sign in ("failed to update ref", "cannot lock ref", "File exists"))


def _is_refusal(said: Said) -> bool:
    """Whether the remote would, but may not: a disk on which it cannot write is no rule."""
    return "[remote rejected]" in said.out and "unpacker error" not in said.out
