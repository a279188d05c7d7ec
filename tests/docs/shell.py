"""A shell that is typed into, as somebody who follows a page would."""

import os
import secrets
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

PATIENCE = 600.0  # seconds for one command


@dataclass(frozen=True)
class Shell:
    """One bash: where a command goes and what it exports stays for the next one."""

    process: subprocess.Popen[str]

    def type(self, command: str, patience: float = PATIENCE) -> tuple[int, str]:
        """Type a command and wait: its exit code, and all that it said."""
        assert self.process.stdin
        assert self.process.stdout
        mark = secrets.token_hex()
        self.process.stdin.write(f"{{ :; {command}\n}} </dev/null; printf '\\n{mark} %s\\n' $?\n")
        self.process.stdin.flush()
        lines: list[str] = []
        late = Timer(patience, self.end)
        late.start()
        try:
            for line in self.process.stdout:
                if line.startswith(mark):
                    return int(line.split()[1]), "".join(lines).removesuffix("\n")
                lines.append(line)
        finally:
            late.cancel()
        raise AssertionError(f"the shell ended within `{command}`:\n{''.join(lines)}")

    def write(self, file: str, text: str) -> None:
        """Write a file, from the folder where the shell is."""
        mark, name = f"END-{secrets.token_hex(4)}", shlex.quote(file)
        code, said = self.type(
            f"mkdir -p \"$(dirname {name})\" && cat >{name} <<'{mark}'\n{text}{mark}"
        )
        assert code == 0, said

    def end(self) -> None:
        """End it, and whatever still runs in it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@contextmanager
def shell(folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """A new one in a folder; nothing that it began in its background outlives it."""
    process = subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        opened = Shell(process)
        try:
            yield opened
        finally:
            opened.end()
