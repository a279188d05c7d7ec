"""Follows a branch of a remote: fetches it, and brings this clone forward if nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import SpecError
from ymir.git import attempt, author, is_repository
from ymir.publishing.replay import commits
from ymir.watching.commands import Said, git_says
from ymir.watching.reasons import Bell

LONGEST = 900.0  # seconds between two tries to reach a remote that does not answer
_SHORT = 8  # letters of a commit
_REFS = "refs/ymir/watch"
_PUSH = "the commits that ymir made here are not pushed: `ymir push --git` makes them anew"
_LAST = 200  # letters of a complaint


@dataclass(frozen=True)
class Followed:
    """How this clone and the branch stand to each other, in words; empty where all is well."""

    held: str = ""  # why nothing may be applied
    trouble: str = ""  # why the clone is not as new as it could be
    unpushed: str = ""  # the newest commit that the branch does not have
    has_parted: bool = False  # both have commits; those here are ymir's, and can be made anew


class Follower:
    """Brings the clone forward; a reason to look, too: the branch has moved."""

    def __init__(
        self,
        root: Path,
        remote: str,
        branch: str,
        *,
        interval: float,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._root, self._remote, self._branch = root, remote, branch
        self._interval, self._jitter = interval, jitter
        self._bell = Bell()
        self._failures = 0
        self._unreachable = ""
        self._seen: tuple[str, str] = ("", "")  # tip and trouble at the last look

    @property
    def branch(self) -> str:
        """The branch's own name."""
        return self._branch

    @property
    def name(self) -> str:
        """The branch as people call it."""
        return f"{self._remote}/{self._branch}"

    def ring(self, who: str) -> None:
        """Somebody says that the branch has moved."""
        self._bell.ring(who)

    async def comes(self) -> str:
        """Wait until the branch has moved, or cannot be reached any more, or can be again."""
        while True:
            try:
                async with asyncio.timeout(self._pause()):
                    await self._bell.comes()
            except TimeoutError:
                pass
            await self.fetch()
            if (now := await self._now()) != self._seen:
                is_other = now[0] != self._seen[0]
                return f"{self.name} has moved to {now[0][:_SHORT]}" if is_other else "a new try"

    async def fetch(self) -> None:
        """Ask the remote; what it does not answer is said by `advance`."""
        where = f"+refs/heads/{self._branch}:{_REFS}/fetched/{self._branch}"
        quiet = ("--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
        done = await self._git("fetch", *quiet, "--", self._remote, where)
        self._failures = self._failures + 1 if done.code else 0
        why = done.complaint[-_LAST:].replace("\n", " / ")
        self._unreachable = f"{self.name} cannot be fetched: {why}" if done.code else ""

    async def advance(self) -> Followed:
        """Fast-forward to what was fetched last, if this clone may; say how both stand."""
        self._seen = await self._now()
        found = await self._advanced(self._seen[0])
        if self._unreachable and not found.trouble:
            return Followed(found.held, self._unreachable, found.unpushed)
        return found

    async def _advanced(self, tip: str) -> Followed:
        head, here = await self._commit("HEAD"), await self._here()
        if here != self._branch:
            words = f"this clone stands on `{here or 'no branch'}`: `git switch {self._branch}`"
            return Followed(held=words)
        if not tip:
            return Followed()
        if head == tip or await self._is_ancestor(head, tip):
            trouble = "" if head == tip else await self._forward(tip)
            await self._git("update-ref", f"{_REFS}/followed/{self._branch}", tip)
            return Followed(trouble=trouble)
        followed = await self._commit(f"{_REFS}/followed/{self._branch}")
        if followed and not await self._is_ancestor(followed, tip):
            return Followed(held=self._parted(f"{self.name} was rewritten", tip))
        if await self._is_ancestor(tip, head):
            return Followed(unpushed=head)
        if not await self._are_ours(tip):
            return Followed(held=self._parted(f"this clone and {self.name} have parted", tip))
        words = f"not brought to {tip[:_SHORT]}: {_PUSH}"
        return Followed(trouble=words, unpushed=head, has_parted=True)

    async def rebase(self) -> Followed:
        """Make ymir's commits here anew upon the branch, where nothing is to be pushed."""
        tip = await self._commit(f"{_REFS}/fetched/{self._branch}")
        if dirty := await self._dirty(tip):
            return Followed(trouble=dirty)
        done = await self._git(*author(self._root), "rebase", "--quiet", "--no-autostash", tip)
        if done.code:
            await self._git("rebase", "--abort")
            return Followed(held=self._parted(f"this clone and {self.name} have parted", tip))
        return await self.advance()

    def _parted(self, what: str, tip: str) -> str:
        ways = f"`git rebase {tip[:_SHORT]}` keeps what is here, `git reset --keep {tip[:_SHORT]}`"
        return f"{what}: nothing is applied until you choose: {ways} leaves it"

    async def _forward(self, tip: str) -> str:
        """Merge, where nobody has changes in the files."""
        if dirty := await self._dirty(tip):
            return dirty
        done = await self._git("merge", "--ff-only", "--quiet", "--no-overwrite-ignore", tip)
        why = done.complaint[-_LAST:].replace("\n", " / ")
        return f"not brought to {tip[:_SHORT]}: {why}" if done.code else ""

    async def _dirty(self, tip: str) -> str:
        """What people changed and did not commit, in words; empty where there is nothing."""
        found = await self._git("status", "--porcelain", "--untracked-files=no", "--no-renames")
        files = ", ".join(line[3:] for line in found.said.splitlines()[:3])
        words = f"not brought to {tip[:_SHORT]}: there are uncommitted changes in {files}"
        return words if files else ""

    async def _are_ours(self, tip: str) -> bool:
        """Whether ymir made all that the branch does not have: such commits can be made anew."""
        found = await asyncio.to_thread(lambda: list(commits(self._root, f"{tip}..HEAD")))
        return all(each.is_own for each in found)

    async def _now(self) -> tuple[str, str]:
        tip = await self._commit(f"{_REFS}/fetched/{self._branch}")
        return tip, "unreachable" if self._unreachable else ""

    async def _here(self) -> str:
        return (await self._git("symbolic-ref", "--quiet", "--short", "HEAD")).said.strip()

    async def _commit(self, name: str) -> str:
        return (await self._git("rev-parse", "--verify", "--quiet", name)).said.strip()

    async def _is_ancestor(self, one: str, other: str) -> bool:
        return (await self._git("merge-base", "--is-ancestor", one, other)).code == 0

    async def _git(self, *words: str) -> Said:
        return await git_says(self._root, *words)

    def _pause(self) -> float:
        longest = max(self._interval, LONGEST)
        return float(min(self._interval * 2**self._failures, longest) * self._jitter())


def checked(root: Path, remote: str, branch: str, *, is_pushing: bool) -> None:
    """Refuse what git would take for options, and a remote to push to that has no name here."""
    for what, name in (("remote", remote), ("branch", branch)):
        if not name or name.startswith("-"):
            raise SpecError(f"`{name}` is no {what}", hint="say e.g. `--git origin main`")
    if not is_repository(root):
        raise SpecError("this workspace lies in no git repository", hint="`git clone` makes one")
    if is_pushing and remote not in attempt(root, "remote").stdout.split():
        raise SpecError(
            f"no remote is called `{remote}` here, so nothing can be pushed to it",
            hint=f"`git remote add NAME {remote}`, or `--no-push`",
        )
