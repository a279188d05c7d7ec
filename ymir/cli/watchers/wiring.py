"""The watcher, put together, and its life from the first look to the last signal."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ymir.cli import console
from ymir.cli.watchers.face import Face
from ymir.cli.watchers.options import duration
from ymir.contracts.store import stores
from ymir.errors import LockedError
from ymir.watching.eyes import Eyes, Looking, Told
from ymir.watching.following import Follower
from ymir.watching.metrics import PLACE, Metrics
from ymir.watching.mounts import MOUNTS, silent
from ymir.watching.processes import Processes, Words
from ymir.watching.reasons import Bell, Files, Pause, Reason
from ymir.watching.receiver import CVAT, GITHUB, GITLAB, LABEL_STUDIO, Pushes, Receiver, receiving
from ymir.watching.repository import git_folder, is_writing
from ymir.watching.service import Service
from ymir.watching.stamps import folders, stamps
from ymir.watching.watcher import Senses, Watcher

if TYPE_CHECKING:
    from ymir.cli.watchers.asked import Asked

_SPREAD = 0.1  # of a pause: watchers of many workspaces do not come all at once
_LONGEST = 3600.0  # seconds between two tries at what failed
_FIRST = 2.0


async def watch(asked: Asked) -> int:
    """Watch until it is over, or until a signal asks for an end; the exit code."""
    is_once = asked.rhythm.once
    service, follower, bell = Service(os.environ), _follower(asked), Bell()
    face = Face(asked.root, service, is_quiet=is_once)
    hands = Processes(_words(asked), asked.root, follower)
    async with AsyncExitStack() as held:
        eyes = _eyes(asked, face, held)
        watcher = _watcher(asked, hands, face, [*_reasons(follower), bell], eyes)
        if not is_once:
            _hold(asked.root, held)
            await _open(asked, follower, bell, held)
            await _measure(asked, face, held)
        held.callback(face.close)
        for keeping in (face.keep(), service.live()):
            held.callback(asyncio.ensure_future(keeping).cancel)

        async def live() -> int:
            if follower:
                await follower.fetch()
            service.ready()
            return await (watcher.once() if is_once else watcher.run(asked.is_over))

        task = asyncio.ensure_future(live())
        _signals(task, service, follower, bell)  # whoever reads the next line may send one
        if not is_once:
            console.out(f"watching `{asked.root.name}`; Ctrl-C ends it")
        try:
            return await task
        except asyncio.CancelledError:
            face.note("stopped", exit=int(hands.code))
            face.close()
            console.out("stopped; `ymir watch` goes on from here")
            return hands.code


def _words(asked: Asked) -> Words:
    """How the commands are called."""
    ymir, git = (sys.executable, "-m", "ymir.cli.main"), asked.remote.git
    allowed = asked.remote.allow or ()
    if not asked.remote.is_pushing:
        return Words(ymir, allowed=allowed)
    if git is None:
        return Words(ymir, ("--push",), allowed)
    # What is followed is what is pushed to, whatever the clone's own settings say.
    setting = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"branch.{git[1]}.pushRemote"}
    return Words(
        ymir, ("--push", "--push-to", git[1]), allowed, {**setting, "GIT_CONFIG_VALUE_0": git[0]}
    )


def _follower(asked: Asked) -> Follower | None:
    if asked.remote.git is None:
        return None
    interval = duration(asked.remote.git_interval)
    return Follower(asked.root, *asked.remote.git, interval=interval, jitter=_jitter)


def _reasons(follower: Follower | None) -> list[Reason]:
    return [follower] if follower else []


def _watcher(
    asked: Asked, hands: Processes, face: Face, others: Sequence[Reason], eyes: Eyes
) -> Watcher:
    git = git_folder(asked.root)

    def reasons() -> Sequence[Reason]:
        files = Files(
            lambda: stamps(asked.root), "files have changed", eyes, lambda: is_writing(git)
        )
        return (files, *others)

    longest = duration(asked.rhythm.interval)
    pauses = Pause(longest, jitter=_jitter), Pause(_LONGEST, _FIRST, _jitter)
    return Watcher(hands, Senses(pauses[0], reasons, face, pauses[1]))


def _eyes(asked: Asked, face: Face, held: AsyncExitStack) -> Eyes:
    """Told by the kernel, unless somebody says otherwise or the file system tells nothing."""
    if asked.rhythm.poll or asked.rhythm.once:
        return Looking()
    if kind := _silent(asked.root):
        face.say(f"{kind} tells of no changes: the files are looked at every second")
        return Looking()
    told = Told(lambda: folders(asked.root), face.say)
    held.callback(told.close)
    return told


def _silent(root: Path) -> str | None:
    """The file system of the workspace, or of its specs, if it tells of no changes."""
    try:
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux: its kernel tells
        return None
    places = {str(root), str((root / "specs").resolve())}
    return next((kind for each in sorted(places) if (kind := silent(each, mounts))), None)


def _hold(root: Path, held: AsyncExitStack) -> None:
    """One watcher to a workspace; the kernel lets go of the lock when its holder dies."""
    folder = root / ".ymir" / "watch"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        held.enter_context(lock.acquire(timeout=0))
    except Timeout:
        raise LockedError(
            "another `ymir watch` watches this workspace", hint="one is enough: end one of them"
        ) from None


async def _open(asked: Asked, follower: Follower | None, bell: Bell, held: AsyncExitStack) -> None:
    """Let others call."""
    if asked.ear is None:
        return
    store = stores.load("dvc").connect(asked.root)

    def keys() -> list[str]:
        facts = (each.facts.get("key") for each in store.observe().values())
        return [each for each in facts if isinstance(each, str)]

    git = asked.remote.git
    pushes = Pushes(git[1], follower.ring) if git and follower else None
    receiver = Receiver(asked.ear.secrets, keys, bell.ring, pushes)
    where = asked.ear.address
    port = await held.enter_async_context(receiving(receiver, where.host, where.port))
    console.out(f"webhooks come in at {_url(where.host, port)}{LABEL_STUDIO} and {CVAT}")
    if pushes:
        console.out(f"and at {GITHUB} and {GITLAB}, when somebody pushes")


async def _measure(asked: Asked, face: Face, held: AsyncExitStack) -> None:
    """Let Prometheus ask."""
    if (where := asked.metrics) is None:
        return
    from ymir.cli.measures import measured  # planning takes memory that a watcher need not hold

    metrics = Metrics(lambda: measured(asked.root), lambda: face.board)
    port = await held.enter_async_context(receiving(metrics, where.host, where.port))
    console.out(f"metrics are at {_url(where.host, port)}{PLACE}")


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _signals(
    task: asyncio.Future[int], service: Service, follower: Follower | None, bell: Bell
) -> None:
    """INT and TERM end it; HUP is a reason to look."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        service.stopping()
        task.cancel()

    def look() -> None:
        for each in (bell, follower):
            if each:
                each.ring("somebody asked for a look")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, look)


def _jitter() -> float:
    return random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - no secret
