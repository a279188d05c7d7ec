"""Ymir calls nobody whom no spec names: its commands are traced, with all that they start."""

import subprocess
from pathlib import Path

from tests.tracing import STRACE
from tests.workspaces import ENVIRONMENT, YMIR, make

COMMANDS = (
    "validate",
    "plan",
    "apply",
    "status",
    "site",
    "report",
    "dataset open base --no-browser",
    "push",
    "doctor",
    "schema Project",
)
REMOTE = "apiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"


@STRACE
def test_no_command_calls_anybody(tmp_path: Path) -> None:
    root = make(tmp_path / "pets", goal={"map": 1.0, "rounds": 1}).root
    (tmp_path / "storage").mkdir()
    (root / "specs" / "workspace.yaml").write_text(REMOTE)
    called = {command: _calls(command, root) for command in COMMANDS}
    assert {command: lines for command, lines in called.items() if lines} == {}


def _calls(command: str, root: Path) -> list[str]:
    """The connections over a network that a command, or what it started, tried to make."""
    log = root.parent / "calls.txt"
    trace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", str(log)]
    environment = {k: v for k, v in ENVIRONMENT.items() if k != "DVC_NO_ANALYTICS"}
    done = subprocess.run(
        [*trace, *YMIR, *command.split()],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "error:" not in done.stderr, f"{command}: {done.stderr}"
    return [line for line in log.read_text().splitlines() if "AF_INET" in line]
