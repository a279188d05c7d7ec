"""`ymir report` draws recorded rounds anew and touches nothing that is recorded."""

import json
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.cli import middles
from ymir.cli.main import cli
from ymir.errors import SpecError


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
    assert {path.name for path in html.iterdir()} >= {"index.html", "r1.html", "r2.html"}
    metrics = json.loads((workspace / "data/rounds/middles/2/metrics.json").read_text())
    figure = metrics["testing"]["map"]["value"]
    assert f"Round 2: stopped without the goal: mAP {figure:.3f}" in (html / "r2.html").read_text()


def test_pages_drawn_anew_are_those_that_were_recorded(workspace):
    done = run("report", "-C", str(workspace))
    assert done.exit_code == 0, done.output
    assert len(done.output.split()) == 3
    for name in ("index.html", "r1.html", "r2.html"):
        anew = workspace / ".ymir" / "reports" / "middles" / name
        recorded = workspace / "reports" / "middles" / "html" / name
        assert anew.read_bytes() == recorded.read_bytes(), name


def test_one_round_can_be_named(workspace, tmp_path):
    done = run("report", "middles", "--round", "1", "--out", str(tmp_path), "-C", str(workspace))
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "r1.html"}


def test_images_that_are_not_here_leave_gaps_not_errors(workspace, tmp_path):
    away = workspace / "media" / ".dvc" / "cache-away"
    cache = workspace / "media" / ".dvc" / "cache"
    shutil.move(cache, away)
    try:
        done = run("report", "middles", "--out", str(tmp_path), "-C", str(workspace))
    finally:
        shutil.move(away, cache)
    assert done.exit_code == 0, done.output
    assert "image not at hand" in (tmp_path / "r1.html").read_text()


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
