"""Executors to rehearse with: small programs, each run as a process."""

import sys
from collections.abc import Mapping
from pathlib import Path

from ymir.backends.process import connect
from ymir.jobs.program import Runner
from ymir.rehearsal.company import Company
from ymir.rehearsal.play import play
from ymir.rehearsal.rules import Ruling, Verdict, rulings
from ymir.resources import resource
from ymir.spec.executor import ExecutorSpec

TEMPLATE = (resource("executors") / "new" / "start.py").read_text()


def company(folder: Path, program: str, *, timeout: str = "30s", manual=None) -> Company:
    """The program as an executor, ready to rehearse below the folder."""
    file = folder / "program.py"
    file.write_text(program)
    spec = ExecutorSpec(
        apiVersion="ymir/v1",
        kind="Executor",
        name="small",
        command=(sys.executable, "-W", "error", str(file)),
        resources={"timeout": timeout},
    )
    runner = Runner(spec, folder, in_containers=False)
    return Company(runner, connect({}), folder / "rehearsal", "ymir-test", manual)


def rehearse(folder: Path, program: str, **more: object) -> Mapping[str, Ruling]:
    """What a rehearsal says of the program, by rule."""
    found = play(company(folder, program, **more), lambda _: None)
    return {each.rule: each for each in rulings(found)}


def broken(found: Mapping[str, Ruling]) -> set[str]:
    """The rules that it breaks."""
    return {rule for rule, each in found.items() if each.verdict is Verdict.BREAKS}


def changed(old: str, new: str) -> str:
    """The template's program with a change."""
    assert TEMPLATE.count(old) == 1, old
    return TEMPLATE.replace(old, new)
