"""`ymir watch`: apply, wait for people, and apply again by itself."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.contracts.secret import reveal
from ymir.contracts.store import stores
from ymir.errors import Exit, SpecError
from ymir.serving.guard import SHORTEST
from ymir.spec.executor import seconds
from ymir.spec.secret import SecretSource

if TYPE_CHECKING:
    from ymir.watching.processes import Processes
    from ymir.watching.reasons import Bell, Reason
    from ymir.watching.watcher import Watcher

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[^\[\]:]*):)?([0-9]{1,5})")
_DURATION = re.compile(r"[1-9][0-9]{0,8}[smhd]")
_WATCHED = ("specs/**/*.y*ml", ".git/logs/HEAD", "labels/*/*", "labels/*/*/*")
_UNWATCHED = "images"  # of a batch: ours
_LAST_PORT = 65535


@dataclass(frozen=True)
class _Ear:
    """Where label servers may call, and with which secrets."""

    host: str
    port: int
    secrets: tuple[str, ...]


def command(
    workspace: WorkspaceOption = Path(),
    interval: Annotated[
        str, typer.Option("--interval", help="The longest time between two looks.", metavar="TIME")
    ] = "5m",
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", help="Where webhooks of label servers come in.", metavar="[HOST:]PORT"
        ),
    ] = None,
    webhook_secret_env: Annotated[
        str | None,
        typer.Option(
            "--webhook-secret-env",
            help="The environment variable with the webhooks' secret, if no spec names it.",
            metavar="NAME",
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look, apply if that is worth it, and end.")
    ] = False,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End once no batch waits for people any more.")
    ] = False,
) -> None:
    """Apply, then wait for people and for edits, and go on by itself; Ctrl-C or TERM ends it.

    While nothing moves, the label tools are looked at after 30 s, then ever more rarely; an edit of
    a spec, a commit, a file dropped into `labels/` or a webhook is a reason to look at once. The
    workspace is held only while it is applied. On a machine that costs money while it waits, run
    `ymir watch --once` on a schedule instead.
    """
    root = workspace.resolve()
    longest, ear = _seconds(interval), _ear(listen, webhook_secret_env, root)
    catalogue(root)  # is it a workspace?
    ended = _is_done if until_done else _never
    raise typer.Exit(asyncio.run(_watch(root, longest, ear, ended, is_once=once)))


async def _watch(
    root: Path, longest: float, ear: _Ear | None, is_over: Callable[[int], bool], *, is_once: bool
) -> int:
    """Watch until it is over, or until a signal asks for an end."""
    from ymir.watching.processes import Processes  # a server takes its time to load
    from ymir.watching.reasons import Bell

    hands, bell = Processes((sys.executable, "-m", "ymir.cli.main"), str(root)), Bell()
    watcher = _watcher(root, longest, hands, bell)
    async with AsyncExitStack() as held:
        if ear:
            await _listen(root, ear, bell, held)
        if not is_once:
            console.out(f"watching `{root.name}`; Ctrl-C ends it")
        work = watcher.once() if is_once else watcher.run(is_over)
        task = asyncio.ensure_future(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            console.out("stopped; `ymir watch` goes on from here")
            return hands.code


def _watcher(root: Path, longest: float, hands: Processes, bell: Bell) -> Watcher:
    from ymir.watching.reasons import Files, Pause  # likewise
    from ymir.watching.watcher import Senses, Watcher

    def reasons() -> Sequence[Reason]:
        return (Files(lambda: _stamp(root), "files have changed"), bell)

    return Watcher(hands, Senses(Pause(longest), reasons, console.out))


async def _listen(root: Path, ear: _Ear, bell: Bell, held: AsyncExitStack) -> None:
    from ymir.watching.receiver import CVAT, LABEL_STUDIO, Receiver, receiving  # likewise

    store = stores.load("dvc").connect(root)

    def keys() -> list[str]:
        facts = (each.facts.get("key") for each in store.observe().values())
        return [each for each in facts if isinstance(each, str)]

    receiver = Receiver(ear.secrets, keys, bell.ring)
    port = await held.enter_async_context(receiving(receiver, ear.host, ear.port))
    console.out(f"webhooks come in at http://{ear.host}:{port}{LABEL_STUDIO} and {CVAT}")


def _ear(address: str | None, variable: str | None, root: Path) -> _Ear | None:
    """Where to listen, as told; the secrets are those of the option and of the specs."""
    if address is None:
        return None
    found = _ADDRESS.fullmatch(address)
    if found is None or int(found[2]) > _LAST_PORT:
        raise SpecError(f"`{address}` is no address to listen on", hint="say `PORT` or `HOST:PORT`")
    named = [SecretSource(env=variable)] if variable else list(_named(root))
    secrets = {reveal(each, root) for each in named}
    if not secrets:
        raise SpecError(
            "webhooks need a secret: else anybody may ring",
            hint="`webhook: {secret: …}` of a project's label tool, or `--webhook-secret-env`",
        )
    if short := [each.place for each in named if len(reveal(each, root)) < SHORTEST]:
        raise SpecError(
            f"the secret in {short[0]} is no good: it needs {SHORTEST} letters or more",
            hint="`openssl rand -hex 32` makes a good one",
        )
    return _Ear(found[1] or "127.0.0.1", int(found[2]), tuple(secrets))


def _named(root: Path) -> Iterator[SecretSource]:
    """The secrets of webhooks, where the projects' label tools say that they are."""
    for project in catalogue(root).projects.values():
        webhook = project.label.with_.get("webhook")
        secret = webhook.get("secret") if isinstance(webhook, dict) else None
        if isinstance(secret, dict):
            yield SecretSource.model_validate(secret)


def _seconds(interval: str) -> float:
    if not _DURATION.fullmatch(interval):
        raise SpecError(f"`{interval}` is no time", hint="say `90s`, `5m` or `1h`")
    return float(seconds(interval))


def _never(_: int) -> bool:
    """A watcher stays."""
    return False


def _is_done(code: int) -> bool:
    """Whether an `apply` that ended like this waits for nobody."""
    return code not in (Exit.PARKED, Exit.LOCKED)


def _stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when people edit a spec, commit or pull, or drop answers."""
    return tuple(_stamps(root))


def _stamps(root: Path) -> Iterator[tuple[str, int, int]]:
    for pattern in _WATCHED:
        for path in sorted(root.glob(pattern)):
            if path.parent.name == _UNWATCHED:
                continue
            try:
                found = path.stat()
            except OSError:  # it has just gone
                continue
            yield str(path), found.st_mtime_ns, found.st_size
