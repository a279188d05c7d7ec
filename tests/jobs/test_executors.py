"""Whole jobs: a folder is laid out, a program runs in it, and its result is believed or not."""

import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.examples import CLASSES, A, B, images, inference, training
from ymir.backends.process import connect
from ymir.contracts.backend import Done, Failed, Job, Running
from ymir.errors import ResultError
from ymir.jobs.folder import lay_out
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.request import Request
from ymir.jobs.training_result import read_training
from ymir.resources import resource

README = (resource("executors") / "README.md").read_text()
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
BEGIN = EXAMPLE.partition("if env[")[0]


def run(folder: Path, request: Request, code: str) -> Done | Failed:
    job = folder / "job"
    lay_out(request, job)
    (folder / "run.py").write_text(code)
    each = Job("job", (sys.executable, "-W", "ignore", str(folder / "run.py")), job)
    backend = connect({})
    backend.start(each)
    while isinstance(outcome := backend.poll(each), Running):
        time.sleep(0.01)
    return outcome


def test_the_readmes_executor_is_short() -> None:
    assert EXAMPLE.count("\n") < 25


def test_the_readmes_executor_trains(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, training(tmp_path), EXAMPLE), Done)
    stage = read_training(tmp_path / "job" / "out").stage
    assert {name: file.read_text() for name, file in stage.files.items()} == {"weights.txt": "none"}


def test_the_readmes_executor_finds_objects(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, inference(tmp_path), EXAMPLE), Done)
    found = read_predictions(tmp_path / "job" / "out", images(), CLASSES).images
    assert found["objects"].list.len().to_list() == [1, 1]


def test_the_readmes_executor_ranks_images(tmp_path: Path) -> None:
    asked = inference(tmp_path)
    mining = replace(asked, is_finding=False, is_ranking=True)
    assert isinstance(run(tmp_path, mining, EXAMPLE), Done)
    assert read_mining(tmp_path / "job" / "out", images()).images["image"].to_list() == [A, B]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "`models/result.yaml` is missing"),
        ("open(out['training_result_file'], 'w').write('{')", "is not YAML"),
        (
            "open(out['models_dir'] + '/w', 'w').close()\n"
            "open(out['training_result_file'], 'w').write('{map: 0.2}')",
            "lists no model",
        ),
        ("open(out['training_result_file'], 'w').write('{model: [w], map: 0}')", "`w` is missing"),
    ],
)
def test_an_executor_that_ends_well_without_a_good_result_is_not_believed(
    tmp_path: Path, code: str, why: str
) -> None:
    assert isinstance(run(tmp_path, training(tmp_path), BEGIN + code), Done)
    with pytest.raises(ResultError, match=re.escape(why)):
        read_training(tmp_path / "job" / "out")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_library", "exit code 1: ModuleNotFoundError: No module named"),
        ("import os; os.abort()", "killed by SIGABRT"),
        ("raise SystemExit('the disk is full')", "exit code 1: the disk is full"),
        (
            "open(out['monitor_file'], 'w').write('t\\t1\\t1\\t4\\t300002\\tno boxes\\n')\nexit(1)",
            "exit code 1: the dataset is wrong (code 300002): no boxes",
        ),
    ],
)
def test_an_executor_that_fails_says_why(tmp_path: Path, code: str, why: str) -> None:
    outcome = run(tmp_path, training(tmp_path), BEGIN + code)
    assert isinstance(outcome, Failed)
    assert outcome.why.startswith(why)
