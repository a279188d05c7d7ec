"""What the watcher does, as processes of their own: none of it stays in memory while it waits."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
from pydantic import JsonValue

from ymir.errors import Exit
from ymir.watching.commands import Said, ended, said_by
from ymir.watching.following import Followed, Follower
from ymir.watching.good import Good
from ymir.watching.repository import git_folder, under_way
from ymir.watching.sight import Chance, Sight, mistakes, sight
from ymir.watching.stamps import spec_stamps

KILLED = -1  # the code of an `apply` that somebody ended without asking
_PUSH = "--push"
_LAST = 2000  # letters of a complaint


@dataclass(frozen=True)
class Words:
    """How `ymir` is called: the program, what `apply` is told and allowed, the environment."""

    ymir: Sequence[str]
    apply: Sequence[str] = ()
    allowed: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Processes:
    """Runs `ymir` with more words; `code` is that of an `apply` that was asked to stop."""

    def __init__(self, words: Words, root: Path, follower: Follower | None = None) -> None:
        self.code: int = Exit.DONE
        self._words = words
        self._root = root
        self._follower = follower
        self._good = Good(root)
        self._is_broken = False
        self._under_way = ""
        self._followed = Followed()
        self._told = Sight()

    async def apply(self) -> int:
        """Run `ymir apply`, shown to whoever watches; a stop is passed on, and waited for."""
        allowed = (f"--allow={each}" for each in self._words.allowed)
        told = (*self._words.apply, *allowed, "--workspace", str(self._root))
        words = (*self._words.ymir, "apply", *told)
        # Its own group: Ctrl-C reaches it once, through this process.
        process = await asyncio.create_subprocess_exec(
            *words, stdin=DEVNULL, process_group=0, env={**os.environ, **self._more}
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            code = await ended(process)
            self.code = code if 0 <= code <= max(Exit) else Exit.PENDING  # 130, -15: stopped
            raise
        if self._follower:
            await self._follower.fetch()  # the branch may have what was pushed
        return code if code >= 0 else KILLED

    async def advance(self) -> None:
        """Bring the clone to where the branch is that it follows."""
        self._under_way = under_way(git_folder(self._root)) or ""
        if self._follower and not self._under_way:
            self._followed = await self._follower.advance()
            if self._followed.has_parted:
                await self._join(self._follower)

    async def _join(self, follower: Follower) -> None:
        """Make the commits here anew upon those of the branch, and push them if that is asked."""
        if _PUSH not in self._words.apply:
            self._followed = await follower.rebase()
            return
        done = await self._says("push", "--git", "--push-to", follower.branch)
        if done.code:
            self._followed = Followed(held=done.complaint[-_LAST:].replace("\n", " / "))
            return
        await follower.fetch()
        self._followed = await follower.advance()

    async def look(self) -> Sight:
        """Ask the label tools first: what they say is planned with."""
        if what := self._under_way:
            return Sight(held=f"{what} is under way here: nothing is applied until it is ended")
        seen, followed = await self._seen(), self._followed
        await self._tell(seen)
        held, trouble = followed.held or seen.held, followed.trouble or seen.trouble
        if followed.unpushed and _PUSH in self._words.apply:
            chance = Chance(f"push {followed.unpushed}", "commits are to be pushed", is_step=True)
            seen = replace(seen, worth=seen.worth | {chance})
        return replace(seen, held=held, trouble=trouble)

    async def _seen(self) -> Sight:
        """Planned with the specs; with the last good ones where these are broken."""
        stamps = spec_stamps(self._root)
        self._is_broken = False
        batches, planned = await self._both()
        if not (isinstance(planned, dict) and "error" in planned):
            await asyncio.to_thread(self._good.keep, stamps)
            return sight(planned, batches, self._words.allowed)
        wrong = mistakes(await self._data("validate", "--json"))
        if not wrong:  # or not any more
            batches, planned = await self._both()
            return sight(planned, batches, self._words.allowed)
        if not self._good.is_there():
            return Sight(broken=wrong, held="there are no specs that were right before")
        self._is_broken = True
        batches, planned = await self._both()
        return replace(sight(planned, batches, self._words.allowed), broken=wrong)

    async def _tell(self, seen: Sight) -> None:
        """Have people told of what moved between two runs; a run tells of what it does itself."""
        if seen == self._told or not await asyncio.to_thread(self._good.names, "notify"):
            return
        self._told = seen
        await self._says("notify", "--json")

    async def _both(self) -> tuple[JsonValue, JsonValue]:
        batches = await self._data("labels", "ls", "--open", "--json")
        return batches, await self._data("plan", "--json")

    @property
    def _more(self) -> dict[str, str]:
        kept = self._good.environment if self._is_broken else {}
        return {**self._words.environment, **kept}

    async def _says(self, *words: str) -> Said:
        command = (*self._words.ymir, *words, "--workspace", str(self._root))
        return await said_by(self._root, *command, more=self._more)

    async def _data(self, *words: str) -> JsonValue:
        """What a command prints as JSON; what it complains of, as a mistake."""
        done = await self._says(*words)
        try:
            data: JsonValue = orjson.loads(done.said)
        except ValueError:
            return {"error": done.complaint[-_LAST:]}
        return data
