"""Runs other programs to their end, and lets none outlive whoever asked for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIMIT = 1800.0  # seconds for a program that is asked something
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=20"


@dataclass(frozen=True)
class Said:
    """How a program ended, what it said and what it complained of."""

    code: int
    said: str
    complaint: str


async def git_says(folder: Path, *words: str) -> Said:
    """Run git, which asks nobody for a password."""
    more = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    more["GIT_SSH_COMMAND"] = os.environ.get("GIT_SSH_COMMAND", _SSH)
    return await said_by(folder, "git", *words, more=more)


async def said_by(folder: Path, *command: str, more: Mapping[str, str] | None = None) -> Said:
    """Run a program with more in its environment; one that takes too long is ended."""
    own = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**own, **(more or {})},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        process_group=0,
    )
    try:
        async with asyncio.timeout(_LIMIT):
            said, complaint = await process.communicate()
    except TimeoutError:
        await _killed(process)
        return Said(1, "", f"it took longer than {_LIMIT:.0f} seconds")
    except asyncio.CancelledError:
        await _killed(process)
        raise
    return Said(process.returncode or 0, _text(said), _text(complaint).strip())


async def ended(process: Process) -> int:
    """Tell it to end, again whenever this one is told again, and wait for it."""
    while process.returncode is None:
        try:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        except asyncio.CancelledError:
            continue
        except ProcessLookupError:
            break
    return await process.wait()


async def _killed(process: Process) -> None:
    """It only reads, or git undoes what it began: nothing is lost."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    await process.wait()


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
