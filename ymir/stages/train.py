"""Train a model on a round's training set."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.jobs.kept import keep_stage, kept_stage
from ymir.jobs.remarks import facts
from ymir.jobs.request import Training, Weights
from ymir.jobs.training_result import read_training
from ymir.plan.snapshot import Facts
from ymir.stages.executing import executor_of, job_for, result_of
from ymir.stages.given import located
from ymir.stages.kind import Work
from ymir.stages.tables import (
    MODEL,
    datasets,
    labels_of,
    model_weights,
    of_round,
    parameters,
    project_of,
    weights,
)


def jobs(work: Work) -> tuple[Job, ...]:
    """The executor's training; after one that failed, from the best that it had reached."""
    keep_stage(work.folder)
    training = of_round(work, work.stage.inputs[0], "training.parquet")
    data = project_of(work).data
    validation = datasets(work, data.validation)
    request = Training(
        task=work.folder.name,
        class_names=labels_of(work),
        training=training,
        validation=validation,
        media=located(work, training, validation),
        parameters=parameters(work),
        start_from=_previous(work),
        gpus=executor_of(work).resources.gpus,
    )
    model = work.stage.settings.get("model")
    if not model:
        return (job_for(work, request),)
    with model_weights(work, str(model)) as start:  # until the job has a copy of them
        return (job_for(work, replace(request, start_from=start)),)


def make(work: Work, into: Path) -> Facts:
    """Keep the files of the stage that the executor recommends, under its own names."""
    result = read_training(result_of(work))
    trained = result.stage
    for name, file in trained.files.items():
        target = into / "model" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    described = {
        "stage": trained.name,
        "files": sorted(trained.files),
        "class_names": list(labels_of(work)),
        "executor": work.stage.settings["executor"],
        "config": parameters(work),
        "own_map": trained.own_map,
        "timestamp": trained.timestamp,
    }
    (into / MODEL).write_text(json.dumps(described, indent=1, sort_keys=True))
    known = {"own_map": trained.own_map, "files": len(trained.files)}
    began = kept_stage(work.folder)
    return {**known, **({"began_from": began} if began else {}), **facts(result.remarks)}


def _previous(work: Work) -> Weights | None:
    previous = work.stage.settings.get("previous")
    return weights(work, str(previous)) if previous else None
