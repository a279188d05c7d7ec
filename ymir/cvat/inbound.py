"""What people did in a task of CVAT, as answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ymir.answers.rows import Said
from ymir.contracts.labeling import Batch
from ymir.cvat.outbound import copy_in, image_of
from ymir.cvat.regions import RegionError, RejectedError, boxed
from ymir.cvat.replies import Job, Label, Marks, Meta, Shape, Task
from ymir.cvat.settings import Settings
from ymir.data.answers import REJECTED, SKIPPED
from ymir.errors import DataError

_TRACK = "something is tracked over several images: draw it as a shape on each"
_BY_PEOPLE = ("manual", "semi-auto")


@dataclass(frozen=True)
class Whole:
    """A task, with everything that the server says of it."""

    task: Task
    jobs: Sequence[Job]
    meta: Meta
    labels: Sequence[Label] = ()
    marks: Marks = Marks()  # noqa: RUF009 - it is frozen


def is_finished(job: Job, rule: str) -> bool:
    """Whether what is drawn in a job counts; one that was rejected goes back to its annotator."""
    if rule == "accepted":
        return job.stage == "acceptance" and job.state == "completed"
    return job.state == "completed" or (job.stage == "acceptance" and job.state != "rejected")


def is_untouched(job: Job, marks: Marks) -> bool:
    """Whether nobody has begun with a job."""
    frames = job.frames
    mine = any(each.frame in frames and each.source in _BY_PEOPLE for each in marks.shapes)
    return (job.stage, job.state) == ("annotation", "new") and not mine and not marks.tracks


def answers(batch: Batch, whole: Whole, settings: Settings) -> Iterator[Said]:
    """One for each image in a finished job: its boxes, or that somebody took it out."""
    copy, names = copy_in(whole.task.name, batch), {each.id: each.name for each in whole.labels}
    drawn, tracked = _by_frame(whole.marks.shapes), {each.frame for each in whole.marks.tracks}
    for job in whole.jobs:
        by = job.assignee.username if job.assignee else None
        for frame in _frames(job, whole) if is_finished(job, settings.finished) else ():
            seen = whole.meta.frames[frame]
            said = Said(
                image_of(seen),
                _place(whole.task, job, frame, by),
                copy=copy,
                declared=(seen.width, seen.height),
                by=by,
                at=_moment(job.updated_date),
            )
            if frame in whole.meta.deleted_frames:
                yield replace(said, state=SKIPPED)
            elif frame in tracked:
                yield replace(said, problem=_TRACK)
            else:
                yield _labelled(said, drawn.get(frame, ()), names, settings)


def _frames(job: Job, whole: Whole) -> range:
    """The numbers of a job's images, which the task must have."""
    frames, there = job.frames, len(whole.meta.frames)
    if frames and (frames[0] < 0 or frames[-1] >= there):
        raise DataError(
            f"CVAT gives job {job.id} images {frames[0]} to {frames[-1]} of a task of {there}",
            hint="look at the task there",
        )
    return frames


def _labelled(
    said: Said, shapes: Iterable[Shape], names: Mapping[int, str], settings: Settings
) -> Said:
    try:
        boxes = [
            boxed(each, names.get(each.label_id, f"label {each.label_id}"), settings)
            for each in shapes
        ]
    except RejectedError as error:
        return replace(said, state=REJECTED, why=str(error))
    except RegionError as error:
        return replace(said, problem=str(error))
    return replace(said, objects=boxes)


def _by_frame(shapes: Iterable[Shape]) -> dict[int, list[Shape]]:
    found: dict[int, list[Shape]] = {}
    for each in shapes:
        found.setdefault(each.frame, []).append(each)
    return found


def _place(task: Task, job: Job, frame: int, by: str | None) -> str:
    who = f" of {by}" if by else ", which is nobody's"
    return f"task {task.id} `{task.name}`, job {job.id}{who}, frame {frame}"


def _moment(written: str | None) -> str | None:
    """The time of a job's last change, as answers have it."""
    try:
        when = datetime.fromisoformat(written or "").astimezone(UTC)
    except (ValueError, OverflowError):  # also a year before the first one
        return None
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
