import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.jobs.examples import training
from ymir.backends.process import connect
from ymir.contracts.attempt import Attempt, attempts, equip
from ymir.contracts.backend import Done, Failed, Job, Running
from ymir.jobs.folder import lay_out
from ymir.jobs.kept import keep_stage, kept_stage

# Trains as executors do that know no checkpoints, and gives up unless it is given weights.
EXECUTOR = """
import os, yaml
env = yaml.safe_load(open(os.environ['DEFAULT_ENV_FILE_PATH']))
config = yaml.safe_load(open(env['input']['config_file']))
models = env['output']['models_dir']
given = config.get('pretrained_model_params', [])
text = ''.join(open(path).read() for path in given)
os.makedirs(models + '/epoch1', exist_ok=True)
open(models + '/epoch1/model.pt', 'w').write(text + 'trained ')
result = {'model_stages': {'epoch1': {'stage_name': 'epoch1', 'files': ['model.pt'],
          'timestamp': 1, 'mAP': 0.1}}, 'best_stage_name': 'epoch1'}
yaml.safe_dump(result, open(env['output']['training_result_file'], 'w'))
raise SystemExit(0 if given else 'out of memory')
"""


def run(job: Job) -> Done | Failed:
    processes = connect({})
    processes.start(job)
    while isinstance(outcome := processes.poll(job), Running):
        pass
    return outcome


def failed(job: Path, number: int, result: str, how: str = "exit") -> Attempt:
    """An attempt that listed this, and did not end well."""
    made = Attempt(job / "attempts" / str(number))
    equip(made, job)
    (made.out / "models/a.pt").write_text(f"weights {number}")
    (made.out / "models/result.yaml").write_text(result)
    ending = {"how": how, "code": 1, "seconds": 1.0, "tail": ""}
    (made.folder / "exit.json").write_text(json.dumps(ending))
    return made


def config_of(attempt: Attempt) -> Mapping[str, Any]:
    said: Mapping[str, Any] = yaml.safe_load((attempt.folder / "config.yaml").read_text())
    return said


WHOLE = "{model: [a.pt], map: 0.5}"


def test_a_training_goes_on_from_the_stage_that_it_had_reached(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    lay_out(training(tmp_path), folder)
    (tmp_path / "it.py").write_text(EXECUTOR)
    job = Job("job", (sys.executable, str(tmp_path / "it.py")), folder)
    keep_stage(folder)
    assert isinstance(run(job), Failed)
    assert kept_stage(folder) is None
    keep_stage(folder)
    assert isinstance(run(job), Done)
    assert (folder / "out/models/epoch1/model.pt").read_text() == "trained trained "
    assert kept_stage(folder) == "stage `epoch1` of attempt 1, which failed"


def test_of_several_the_newest_that_is_whole_is_kept(tmp_path: Path) -> None:
    lay_out(training(tmp_path), tmp_path)
    for number, result in enumerate((WHOLE, WHOLE, "{model: [gone.pt], map: 1}", ""), start=1):
        failed(tmp_path, number, result)
    keep_stage(tmp_path)
    last = failed(tmp_path, 5, "")
    (path,) = config_of(last)["pretrained_model_params"]
    assert Path(path).read_text() == "weights 2"
    assert Path(path).is_relative_to(last.out)


@pytest.mark.parametrize("how", ["stopped", "timeout"])
def test_who_is_stopped_starts_anew_and_who_takes_too_long_goes_on(
    tmp_path: Path, how: str
) -> None:
    lay_out(training(tmp_path), tmp_path)
    failed(tmp_path, 1, WHOLE, how)
    keep_stage(tmp_path)
    assert ("pretrained_model_params" in config_of(failed(tmp_path, 2, ""))) == (how == "timeout")


def test_an_executors_own_checkpoint_comes_first(tmp_path: Path) -> None:
    lay_out(training(tmp_path), tmp_path)
    first = failed(tmp_path, 1, WHOLE)
    keep_stage(tmp_path)
    (first.out / "checkpoint.pt").write_text("x")
    keep_stage(tmp_path)
    said = config_of(failed(tmp_path, 2, ""))
    assert "pretrained_model_params" not in said
    assert said["resume_from"].endswith("/attempts/2/out/checkpoint.pt")


def test_nothing_is_kept_of_a_first_attempt(tmp_path: Path) -> None:
    keep_stage(tmp_path)
    assert attempts(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []
