"""The git command, for refs that no branch shows: nothing of the user's repository is touched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ymir.errors import StoreError

PATIENCE = 30.0  # seconds for one conversation with a remote
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_QUARANTINE_PATH")
_CALM = ("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.writeCommitGraph=false")
_ALONE = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
_CREDENTIALS = re.compile(r"://[^/@\s]+@")
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ymir"), ("EMAIL", "ymir@localhost"))
}


class Said(NamedTuple):
    """What a git command answered; a code of its own where it took too long."""

    code: int
    out: str
    err: str

    @property
    def why(self) -> str:
        """What it complains of, in one line."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
        said = " / ".join(fatal[:1] or lines[-2:]) or f"git ended with {self.code}"
        return _CREDENTIALS.sub("://***@", said)


@dataclass(frozen=True)
class Git:
    """git in one folder; `more` is added to its environment."""

    root: Path
    more: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, given: str = "", patience: float = PATIENCE) -> Said:
        """Run it in a session of its own: no Ctrl-C reaches it, and it can ask nobody."""
        try:
            process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
                ["git", *_CALM, *words],  # noqa: S607 - the user's git
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
                errors="surrogateescape",
            )
        except FileNotFoundError as error:
            raise StoreError("git is not installed", hint="install git 2.30 or newer") from error
        try:
            out, err = process.communicate(given, timeout=patience)
        except subprocess.TimeoutExpired:
            _end(process)
            return Said(124, "", f"no answer within {patience:g} seconds")
        except BaseException:
            _end(process)
            raise
        return Said(process.returncode, out, err)

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
        return {**inherited, **_ALONE, **_NOBODY, **self.more}


@contextmanager
def aside(root: Path) -> Iterator[Git]:
    """Git whose new objects lie in a folder that goes at the end: a beat leaves nothing behind."""
    own = Git(root)("rev-parse", "--git-path", "objects")
    with tempfile.TemporaryDirectory(prefix="ymir-lease-", ignore_cleanup_errors=True) as folder:
        objects = (root / own.out.strip()).resolve()
        places = {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        yield Git(root, places)


def _end(process: subprocess.Popen[str]) -> None:
    """With whatever it has started: what talks to the remote would keep the pipes open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
