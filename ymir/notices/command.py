"""A notice for a program of yours: JSON on its standard input, no shell, within a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from pydantic import Field, JsonValue

from ymir.contracts.notice import Notice, NoticeError
from ymir.spec.base import Spec
from ymir.spec.executor import Duration, seconds
from ymir.vault import masked

_SHOWN = 200  # letters of what it printed that are repeated


class Settings(Spec):
    """What may stand under `with`."""

    command: tuple[str, ...] = Field(
        min_length=1,
        description="The program and its arguments. It is run in the workspace, reads the notice "
        "as JSON from its standard input, and ends with 0 when it has done its work.",
    )
    timeout: Duration = Field(
        default="30s", description="It is killed, with all that it began, after this time."
    )


def tell(notice: Notice, settings: Mapping[str, JsonValue], workspace: Path) -> str:
    """Run it; what it printed last."""
    asked = Settings.model_validate(dict(settings))
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(json.dumps(notice.data(), ensure_ascii=False).encode())
        given.seek(0)
        code = _run(asked, workspace, given, printed)
        said = _last_line(printed)
    if code is None:
        raise NoticeError(f"`{asked.command[0]}` took longer than {asked.timeout} and was ended")
    if code != 0:
        raise NoticeError(f"`{asked.command[0]}` ended with {code}: {said or 'it said nothing'}")
    return said or "it ended with 0"


def _run(asked: Settings, workspace: Path, given: IO[bytes], printed: IO[bytes]) -> int | None:
    """Its exit code; None where its time was up. Files, not pipes: nothing it does can hang us."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the workspace's own command, no shell
            asked.command,
            cwd=workspace,
            stdin=given,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        what = f"`{asked.command[0]}` cannot be run: {error.strerror or error}"
        raise NoticeError(what, hint="`notify` of the Workspace names it") from error
    try:
        return process.wait(seconds(asked.timeout))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _last_line(printed: IO[bytes]) -> str:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - 4 * _SHOWN))
    lines = printed.read().decode(errors="replace").strip().splitlines()
    return masked(lines[-1].strip())[:_SHOWN] if lines else ""
