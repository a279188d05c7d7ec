"""An executor on PyPI's `ymir-exc`, as its authors would write it, runs unchanged."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.jobs.examples import CLASSES, A, B, images, inference, training
from tests.sdk import FOLDER, needs_sdk
from ymir.backends.process import connect
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Done, Outcome, Running
from ymir.contracts.monitor import Progress, read_monitor
from ymir.jobs.predictions import read_predictions
from ymir.jobs.program import Runner
from ymir.jobs.ranking import read_mining
from ymir.jobs.request import Protocol, Request, Weights
from ymir.jobs.training_result import read_training
from ymir.spec.executor import ExecutorSpec

pytestmark = needs_sdk
START = Path(__file__).parents[1] / "containers" / "ymir_exc_executor" / "start.py"


def run(request: Request, folder: Path, protocol: Protocol) -> Outcome:
    spec = ExecutorSpec(
        apiVersion="ymir/v1",
        kind="Executor",
        name="old",
        command=(sys.executable, str(START)),
        protocol=protocol,
        env={"PYTHONPATH": str(FOLDER)},
    )
    job = Runner(spec, folder.parent, in_containers=False).job(request, folder)
    processes = connect({})
    processes.start(job)
    while isinstance(outcome := processes.poll(job), Running):
        pass
    return outcome


def trained(tmp_path: Path, protocol: Protocol = "absent") -> Weights:
    every = images().filter(images()["image"] == A)
    asked = training(tmp_path, training=images(), validation=every)
    outcome = run(asked, tmp_path / "train", protocol)
    assert isinstance(outcome, Done), outcome
    model = read_training(tmp_path / "train/out")
    assert (model.best, model.stage.own_map, model.remarks) == ("default_best_stage", 0.5, ())
    return Weights(model.best, model.stage.files)


@pytest.mark.parametrize("protocol", ["absent", "1.0.0", "1.1.0"])
def test_it_trains_whatever_the_protocol(tmp_path: Path, protocol: Protocol) -> None:
    assert list(trained(tmp_path, protocol).files) == ["boxes.json"]
    assert "epoch 1" in attempts(tmp_path / "train")[-1].log.read_text()
    monitor = (tmp_path / "train/out/monitor.txt").read_text()
    assert len(monitor.split("\t")) == 4
    assert read_monitor(monitor) == Progress(1.0, 2)


def test_it_mines_and_infers_in_one_job(tmp_path: Path) -> None:
    asked = replace(inference(tmp_path), is_ranking=True, model=trained(tmp_path))
    assert isinstance(run(asked, tmp_path / "both", "absent"), Done)
    found = read_predictions(tmp_path / "both/out", images(), CLASSES)
    ranked = read_mining(tmp_path / "both/out", images())
    objects = {row["image"]: row["objects"] for row in found.images.iter_rows(named=True)}
    assert [(each["label"], each["x"], each["w"]) for each in objects[A]] == [
        ("cat", 10, 49),
        ("dog", 90, 9),
    ]
    assert {each.rule for each in found.remarks} == {"box-outside-image"}  # B is smaller
    assert sorted(ranked.images["image"]) == [A, B]
    assert ranked.remarks == ()


def test_it_infers_alone_and_mines_alone(tmp_path: Path) -> None:
    asked = replace(inference(tmp_path), model=trained(tmp_path))
    assert isinstance(run(asked, tmp_path / "infer", "absent"), Done)
    assert not (tmp_path / "infer/out/result.tsv").exists()
    mining = replace(asked, is_finding=False, is_ranking=True)
    assert isinstance(run(mining, tmp_path / "mine", "absent"), Done)
    assert not (tmp_path / "mine/out/infer-result.json").exists()
