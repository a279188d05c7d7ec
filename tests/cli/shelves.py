"""A workspace with two versions of a dataset: what changed between them is known exactly."""

import json
import shutil
from pathlib import Path

from typer.testing import CliRunner

from tests.dvc.real import run_git
from tests.media.pictures import picture, put, thing, voc
from ymir.cli.main import cli
from ymir.dvc.project import prepare

SPECS = """\
apiVersion: ymir/v1
kind: Labels
classes: [cat, dog]
---
{apiVersion: ymir/v1, kind: Dataset, name: site, from: {format: voc, path: raw/site}, protect: true}
---
{apiVersion: ymir/v1, kind: Dataset, name: cats, merge: [site], then: [{op: filter, labels: [cat]}]}
"""
HOSTILE = "<img src=x onerror=alert(1)> ü.jpg"
CATS = [thing("cat", (1, 1, 20, 20))]


def workspace(root: Path) -> Path:
    """Version 1: five images with a cat each. Version 2: each kind of change once."""
    put(root / "specs" / "all.yaml", SPECS)
    run_git(root, "init", "-q")
    prepare(root)
    for number in range(5):
        _write(root, f"{number}.jpg", number, CATS, light="day")
    said = run("apply", "-C", str(root))
    assert "site v1" in run_git(root, "log", "--format=%s"), said
    _write(root, "1.jpg", 1, [thing("cat", (2, 2, 21, 21))], light="day")  # moved
    _write(root, "2.jpg", 2, [thing("dog", (1, 1, 20, 20))], light="day")  # relabelled
    _write(root, "3.jpg", 3, [*CATS, thing("dog", (40, 20, 60, 40))], light="night")  # added
    shutil.rmtree(root / "raw" / "site" / "JPEGImages" / "4.jpg", ignore_errors=True)
    (root / "raw" / "site" / "JPEGImages" / "4.jpg").unlink()
    (root / "raw" / "site" / "Annotations" / "4.xml").unlink()
    _write(root, HOSTILE, 9, [*CATS, *CATS], light="night")
    run("apply", "-C", str(root))
    return root


def _write(root: Path, name: str, seed: int, things: list[str], light: str) -> None:
    folder = root / "raw" / "site"
    put(folder / "JPEGImages" / name, picture(seed))
    marks = f"<cks><light>{light}</light></cks>"
    put(folder / "Annotations" / f"{name.removesuffix('.jpg')}.xml", voc(*things, marks))


def run(*words: str) -> str:
    """What a command says; it must not fail."""
    done = CliRunner().invoke(cli, list(words))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def data(*words: str) -> object:
    """What a command says to programs."""
    return json.loads(run(*words, "--json"))
