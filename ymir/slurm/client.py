"""Slurm's commands: run, and what they complain of told apart."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ymir.contracts.exposure import shown_to_jobs
from ymir.errors import EngineError
from ymir.slurm import fitting, queue
from ymir.slurm.queue import Key, Standing

_PATIENCE = 60.0  # seconds for one answer
_FRESH = 1.0  # seconds for which an answer of `squeue` is good
_PAUSE = 5.0  # seconds before one is asked again that did not answer
_MANY = 500  # tasks that one `scancel` is told of
# The controller is away, or has too much to do; all else is a refusal.
_AWAY = re.compile(
    r"unable to contact slurm controller|socket timed out|connection (refused|timed out|reset)"
    r"|communication connection failure|zero bytes were transmitted|no route to host"
    r"|network is unreachable|temporarily unable|slurm backup controller|in standby|timed out"
    r"|unable to establish config|munge(d)? .*(socket|communication)|authentication credential"
    r"|protocol authentication error|failed to fetch config|could not establish a configuration",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"SLURM_(CONF|JWT)|SBATCH_(ACCOUNT|PARTITION|QOS|RESERVATION)"
    r"|CONTAINERS_(CONF|STORAGE_CONF|REGISTRIES_CONF)"
)
_NOISE = re.compile(r"^(sbatch|squeue|sinfo|scancel|scontrol): (error: |fatal: )?")


class SlurmAwayError(Exception):
    """The controller does not answer now; it may later."""


class SlurmRefusedError(Exception):
    """Slurm does not want what it was asked."""


def is_here() -> bool:
    """Whether this machine has Slurm's commands."""
    return shutil.which("squeue") is not None


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """What Slurm's commands, and so the batch script, find in theirs: no tokens but Slurm's. Pure.

    Where ymir itself is a job of Slurm, what Slurm told it must not reach the jobs that it begins.
    """
    passed = shown_to_jobs(outer)
    here = ("TMPDIR", "CUDA_VISIBLE_DEVICES")  # of this machine
    ours = {name: text for name, text in outer.items() if _OWN.fullmatch(name)}
    return {name: text for name, text in {**passed, **ours}.items() if name not in here}


def ask(words: Sequence[str], text: str = "", patience: float = _PATIENCE) -> str:
    """What the command prints; an error by the kind of its complaint."""
    if os.environ.get("SLURM_CONF") and not Path(os.environ["SLURM_CONF"]).exists():
        raise EngineError(
            f"SLURM_CONF names {os.environ['SLURM_CONF']}, which is not there",
            hint="unset SLURM_CONF, or mend it",
        )
    try:
        said = subprocess.run(  # noqa: S603 - our own words, and those of the workspace
            words,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=patience,
            env=environment(os.environ),
            start_new_session=True,  # Ctrl-C is for ymir alone
        )
    except FileNotFoundError:
        raise EngineError(
            f"Slurm's `{words[0]}` is not on this machine",
            hint="run ymir on a login node of the cluster, or choose another `backend`",
        ) from None
    except subprocess.TimeoutExpired:
        raise SlurmAwayError(f"`{words[0]}` had no answer in {patience:g} seconds") from None
    if said.returncode == 0:
        return said.stdout
    why = _why(said.stderr) or f"`{words[0]}` ended with {said.returncode} and said nothing"
    is_away = said.returncode < 0 or _AWAY.search(said.stderr)
    raise SlurmAwayError(why) if is_away else SlurmRefusedError(why)


def submit(arguments: Sequence[str], script: str) -> str:
    """Ask for one batch; its number."""
    return ask(("sbatch", *arguments), script).strip().partition(";")[0]


def cancel(ids: Iterable[str], *, state: str | None = None, signal: str | None = None) -> None:
    """End tasks, or those in a state; with `signal`, send it to our program on the node instead.

    That some of them are over already is no trouble.
    """
    how = [f"--state={state}"] if state else []
    how += ["--batch", f"--signal={signal}"] if signal else []
    wanted = list(ids)
    for first in range(0, len(wanted), _MANY):
        try:
            ask(("scancel", "--quiet", *how, *wanted[first : first + _MANY]))
        except SlurmRefusedError:
            continue


def nodes(patience: float = _PATIENCE) -> tuple[fitting.Node, ...]:
    """What every node has, whatever it does now."""
    words = ("sinfo", "--noheader", "--Node", "--all", f"--format={fitting.FORMAT}")
    return fitting.read_nodes(ask(words, patience=patience))


def longest_array() -> int:
    """How many tasks a batch may have."""
    try:
        said = ask(("scontrol", "show", "config"))
    except SlurmRefusedError as error:
        raise SlurmAwayError(str(error)) from None
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.MULTILINE)
    return max(1, int(found[1]) if found else 1)


class Queue:
    """How this user's tasks stand: one `squeue` for all of them, good for a second."""

    def __init__(self) -> None:
        self._read: Mapping[Key, Standing] = {}
        self._at: float | None = None  # when it was asked
        self._away: tuple[float, str] | None = None  # since when it does not answer, and why

    def look(self, since: float | None = None) -> Mapping[Key, Standing]:
        """All of them, as they stood less than a second ago, and not before `since`."""
        now = time.monotonic()
        if self._away and now < self._away[0] + _PAUSE:
            raise SlurmAwayError(self._away[1])
        if self._at is None or now - self._at > _FRESH or (since is not None and since > self._at):
            try:
                self._read, self._at, self._away = self._asked(), now, None
            except (SlurmAwayError, SlurmRefusedError) as error:
                self._away = time.monotonic(), str(error)
                raise SlurmAwayError(str(error)) from None
        return self._read

    def forget(self) -> None:
        """Ask again the next time."""
        self._at = None

    def _asked(self) -> Mapping[Key, Standing]:
        words = ("squeue", f"--user={os.getuid()}", "--states=all", "--array", "--noheader")
        return queue.read_queue(ask((*words, f"--format={queue.FORMAT}")))


def _why(said: str) -> str:
    lines = [_NOISE.sub("", line).strip() for line in said.splitlines()]
    return "; ".join(dict.fromkeys(line for line in lines if line))
