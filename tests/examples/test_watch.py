"""The files that let a watcher run for good are right, and ymir knows every option in them."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml

from tests.components import needs
from ymir.cli.main import cli

FOLDER = Path(__file__).parents[2] / "examples" / "watch"
UNITS = sorted(FOLDER.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")


def settings(unit: Path) -> dict[str, str]:
    lines = (line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    return {name: value for name, value in lines if not name.startswith("#")}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line of ymir, and where it stands."""
    for unit in UNITS:
        yield unit.name, shlex.split(settings(unit)["ExecStart"].replace("%h", "/home/me"))
    composed = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    yield "compose.yaml", composed["services"]["watch"]["command"]
    for line in (FOLDER / "README.md").read_text().splitlines():
        if line.startswith("    ymir "):
            yield "README.md", shlex.split(line, comments=True)


@pytest.mark.parametrize(("where", "words"), list(commands()))
def test_ymir_knows_the_command_and_its_options(where: str, words: list[str]) -> None:
    program, name, *rest = words
    assert Path(program).name == "ymir", where
    command = typer.main.get_command(cli).get_command(None, name)
    command.make_context(name, rest)  # refuses what it does not know


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_stops_the_watcher_before_its_run_and_begins_it_again(unit: Path) -> None:
    found = settings(unit)
    assert (found["Type"], found["KillMode"], found["Restart"]) == ("notify", "mixed", "on-failure")
    assert found["SuccessExitStatus"] == "2"
    assert "-HUP" in found["ExecReload"]


@needs("systemd-analyze", ANALYZE is not None, "systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    start = settings(unit)["ExecStart"].split(" ")[0]
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(start, sys.executable).replace("%h", str(tmp_path)))
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_is_stopped_as_a_service_is() -> None:
    service = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["watch"]
    assert (service["stop_signal"], service["restart"], service["init"]) == (
        "SIGTERM",
        "on-failure",
        True,
    )
    assert all(each.startswith("127.0.0.1:") for each in service["ports"])
