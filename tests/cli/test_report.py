"""`ymir report` makes reports of recorded rounds anew and touches nothing that is recorded."""

import json
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.cli import middles
from ymir.cli.main import cli
from ymir.errors import SpecError

FOR_PROGRAMS = {"report.json", "summary.md", "junit.xml"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = middles.workspace(tmp_path_factory.mktemp("workspace") / "w")
    done = run("apply", "-C", str(root))
    assert done.exit_code == 4, done.output
    return root


def run(*words):
    return CliRunner().invoke(cli, list(words))


def test_apply_left_a_page_for_each_round(workspace):
    html = workspace / "reports" / "middles" / "html"
    pages = {"index.html", "r1.html", "r2.html"}
    assert {path.name for path in html.iterdir()} >= pages | FOR_PROGRAMS
    metrics = json.loads((workspace / "data/rounds/middles/2/metrics.json").read_text())
    figure = metrics["testing"]["map"]["value"]
    said = f"Round 2 — stopped without the goal: mAP {figure:.3f}"
    assert said in (html / "r2.html").read_text()


def test_what_is_made_anew_is_what_was_recorded(workspace):
    done = run("report", "-C", str(workspace))
    assert done.exit_code == 0, done.output
    assert len(done.output.split()) == 3
    for name in ("index.html", "r1.html", "r2.html", *FOR_PROGRAMS):
        anew = workspace / ".ymir" / "reports" / "middles" / name
        recorded = workspace / "reports" / "middles" / "html" / name
        assert anew.read_bytes() == recorded.read_bytes(), name


def test_one_round_can_be_named(workspace, tmp_path):
    done = run("report", "middles", "--round", "1", "--out", str(tmp_path), "-C", str(workspace))
    assert done.exit_code == 0, done.output
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert files == {"index.html", "r1.html"} | FOR_PROGRAMS
    assert json.loads((tmp_path / "report.json").read_text())["number"] == 1


def test_programs_get_every_figure(workspace, tmp_path):
    done = run("report", "--json", "--out", str(tmp_path), "-C", str(workspace))
    assert done.exit_code == 0, done.output
    (said,) = json.loads(done.output)
    assert (said["project"], said["round"]) == ("middles", 2)
    assert said["pages"] == [str(tmp_path / name) for name in ("index.html", "r1.html", "r2.html")]
    assert said["report"] == json.loads((tmp_path / "report.json").read_text())


def test_a_page_is_opened_only_where_there_is_a_screen(workspace, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {seen}\n')
    browser.chmod(0o755)
    words = [sys.executable, "-m", "ymir.cli.main", "report", "--round", "1", "--open"]
    words += ["--out", str(tmp_path / "html"), "-C", str(workspace)]
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for screen in ({}, {"BROWSER": f"{browser} %s"}):
        subprocess.run(words, env={**bare, **screen}, check=True, capture_output=True)
    assert seen.read_text().split() == [(tmp_path / "html" / "r1.html").as_uri()]


def test_images_that_are_not_here_leave_gaps_not_errors(workspace, tmp_path):
    away = workspace / "media" / ".dvc" / "cache-away"
    cache = workspace / "media" / ".dvc" / "cache"
    shutil.move(cache, away)
    try:
        done = run("report", "middles", "--out", str(tmp_path), "-C", str(workspace))
    finally:
        shutil.move(away, cache)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report.json").is_file()


@pytest.mark.parametrize(
    ("words", "what"), [(["midles"], "no project"), (["middles", "--round", "7"], "round 7")]
)
def test_what_is_not_there_is_said(workspace, words, what):
    done = run("report", *words, "-C", str(workspace))
    assert isinstance(done.exception, SpecError)
    assert what in str(done.exception)


def test_the_workspace_stays_clean(workspace):
    dvc = subprocess.run(
        [sys.executable, "-m", "dvc", "status", "-q"], cwd=workspace, capture_output=True, text=True
    )
    assert dvc.returncode == 0, dvc.stdout + dvc.stderr


def test_the_package_of_a_round_draws_its_predictions(workspace, tmp_path):
    package = next((workspace / "data/rounds/middles/1").glob("*.tar.gz"))
    image = workspace / "raw" / "test" / "images" / "1.png"
    out = tmp_path / "found"
    done = run("predict", str(package), str(image), "--out", str(out), "-C", str(workspace))
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith(str(out / "index.html"))
    assert (out / "drawings" / "1.png").read_bytes() != image.read_bytes()
