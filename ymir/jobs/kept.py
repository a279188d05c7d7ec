"""What a failed training leaves to the next attempt: a stage that it had listed by then."""

from __future__ import annotations

import json
from pathlib import Path

from ymir.contracts.attempt import KEPT, Attempt, attempts, verdict
from ymir.contracts.backend import Failed
from ymir.dvc.files import write_whole
from ymir.errors import ResultError
from ymir.jobs.training_result import TrainedModel, read_training


def keep_stage(job: Path) -> None:
    """Write `kept.json`, if an attempt that failed had listed a stage, and none left a checkpoint.

    An executor that leaves checkpoints resumes by itself; one that does not starts from these
    weights, as from those of another round. One that was stopped starts as the first time.
    """
    tried = attempts(job)
    if any(next(each.out.glob("checkpoint*"), None) for each in tried):
        (job / KEPT).unlink(missing_ok=True)
        return
    for attempt in filter(_has_failed, reversed(tried)):
        try:
            model = read_training(attempt.out)
        except ResultError:
            continue
        write_whole(job / KEPT, _description(model, job, attempt.number))
        return


def kept_stage(job: Path) -> str | None:
    """Where the attempt that ended well began, in words; None if it began from the start."""
    if not (job / "out" / "kept").is_dir():
        return None
    known = json.loads((job / KEPT).read_text(encoding="utf-8"))
    return f"stage `{known['stage']}` of attempt {known['attempt']}, which failed"


def _has_failed(attempt: Attempt) -> bool:
    ending = attempt.ending
    if ending is None or ending.how == "stopped":
        return False
    return isinstance(verdict(ending, attempt.progress, limit=0), Failed)


def _description(model: TrainedModel, job: Path, attempt: int) -> str:
    files = {name: str(path.relative_to(job)) for name, path in model.stage.files.items()}
    return json.dumps({"attempt": attempt, "stage": model.stage.name, "files": files}, indent=1)
