"""Bring CVAT to hold a batch; what is there already stays as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ymir.contracts.labeling import Batch
from ymir.cvat import outbound
from ymir.cvat.inbound import Whole, is_untouched
from ymir.cvat.outbound import Parcel
from ymir.cvat.replies import Marks, Meta, Project, Task
from ymir.cvat.settings import Settings, SharedFolder
from ymir.dvc.files import storing
from ymir.dvc.objects import copy_file
from ymir.errors import DataError

if TYPE_CHECKING:  # it needs the SDK, which not everybody has
    from ymir.cvat.server import Server

_SHARE = "the images of a batch cannot be put into the folder that CVAT reads"


def send(server: Server, batch: Batch, settings: Settings) -> dict[str, JsonValue]:
    """A project with all classes, a task for each piece of the batch, and what is drawn on it."""
    outbound.check(batch)
    project = _project(server, batch, settings)
    _instruct(server, project, batch.instructions)
    tasks = _begun(server, batch)
    there = {task.id: server.meta(task.id) for task in tasks}
    known = [
        (outbound.image_of(frame), outbound.copy_in(task.name, batch))
        for task in tasks
        for frame in there[task.id].frames
    ]
    for parcel in outbound.parcels(batch, known):
        task = _deliver(server, batch, parcel, project, settings)
        there[task.id] = server.meta(task.id)
    for number, meta in there.items():
        _suggest(server, batch, number, meta)
    where = f"{server.url}/projects/{project.id}"
    facts: dict[str, JsonValue] = {"images": batch.images.height, "where": where}
    return {**facts, "note": server.note} if server.note else facts


def found(server: Server, batch: Batch) -> list[Whole]:
    """The tasks of a batch, with all that is needed to know how far people are."""
    tasks = [each for each in server.tasks(outbound.mark(batch)) if each.size]
    return [Whole(each, server.jobs(each.id), server.meta(each.id)) for each in tasks]


def withdraw(server: Server, batch: Batch) -> dict[str, JsonValue]:
    """Take the images out that are in jobs with which nobody has begun."""
    images: set[str] = set()
    for each in found(server, batch):
        marks = server.marks(each.task.id)
        frames = {at for job in each.jobs if is_untouched(job, marks) for at in job.frames}
        if not frames <= set(each.meta.deleted_frames):
            server.take_out(each.task.id, frames | set(each.meta.deleted_frames))
        images |= {outbound.image_of(each.meta.frames[at]) for at in frames}
    return {"withdrawn": len(images)}


def _project(server: Server, batch: Batch, settings: Settings) -> Project:
    """The project, found or made, with a label for each class."""
    name = settings.project or outbound.project_name(batch)
    known = server.projects(name)
    if not known:
        return server.create_project(name, batch.classes)
    if lacking := outbound.lacking(batch, server.labels(project=known[0].id)):
        server.add_labels(known[0].id, lacking)
    return known[0]


def _instruct(server: Server, project: Project, text: str) -> None:
    if not text:
        return
    if project.guide_id is None:
        server.create_guide(project.id, text)
    elif server.guide(project.guide_id).markdown != text:
        server.change_guide(project.guide_id, text)


def _begun(server: Server, batch: Batch) -> list[Task]:
    """The tasks that are there; one whose images did not arrive is taken away, to be made anew."""
    tasks = server.tasks(outbound.mark(batch))
    whole = [each for each in tasks if each.size]
    for task in tasks:
        if task.size:
            continue
        request = server.takes_in(task.id)
        if request and server.settle(request.id).status == "finished":
            whole.append(task)
        else:
            server.remove_task(task.id)
    return whole


def _deliver(
    server: Server, batch: Batch, parcel: Parcel, project: Project, settings: Settings
) -> Task:
    """Make a task, with its images."""
    task = server.create_task(project.id, parcel.name(batch), settings.segment_size)
    if settings.folder:
        request = server.point_to(task.id, _shared(batch, parcel, settings.folder))
    else:
        with _named(batch, parcel) as files:
            request = server.upload(task.id, files, _share_of(batch, parcel))
    made = server.settle(request)
    if made.status == "failed":
        raise DataError(
            f"CVAT did not take in the images of `{task.name}`: {made.message.strip()[:400]}",
            hint="mend that, then run `ymir apply` again",
        )
    return task


def _share_of(batch: Batch, parcel: Parcel) -> Callable[[float], None]:
    """Tells of the whole batch what is heard of a part."""
    total, before = batch.images.height + len(batch.twice), parcel.pieces[0].rank - 1
    return lambda share: batch.tell((before + share * len(parcel.pieces)) / total)


@contextmanager
def _named(batch: Batch, parcel: Parcel) -> Iterator[list[Path]]:
    """The images under the names that they get in CVAT, as long as they are sent."""
    names, place = outbound.file_names(batch), batch.workspace / ".ymir"
    with storing("images cannot be made ready to be sent"):
        place.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix="cvat-", dir=place) as folder:
            files = [Path(folder) / names[each.image] for each in parcel.pieces]
            for piece, file in zip(parcel.pieces, files, strict=True):
                _link(batch.media[piece.image], file)
            yield files


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _shared(batch: Batch, parcel: Parcel, shared: SharedFolder) -> list[str]:
    """Copy the images into the share; return what they are called there."""
    names = outbound.file_names(batch)
    folder = (batch.workspace / shared.path).expanduser() / f"{batch.name}-{batch.key}"
    with storing(_SHARE):
        folder.mkdir(parents=True, exist_ok=True)
        for piece in parcel.pieces:
            target = folder / names[piece.image]
            partial = target.with_name(f"{target.name}.tmp")
            partial.unlink(missing_ok=True)
            copy_file(batch.media[piece.image], partial)
            partial.chmod(0o644)
            partial.replace(target)
    inside = PurePosixPath(shared.served.strip("/")) / folder.name
    return [str(inside / names[each.image]) for each in parcel.pieces]


def _suggest(server: Server, batch: Batch, task: int, meta: Meta) -> None:
    """Draw what is known, unless it is there or anybody has begun; then it is theirs."""
    if batch.suggested.is_empty() and not batch.images["objects"].list.len().sum():
        return
    shapes = outbound.shapes(batch, meta.frames, _ids(server, batch, task))
    if not shapes:
        return
    marks = server.marks(task)
    untouched = all(is_untouched(each, Marks()) for each in server.jobs(task))
    if untouched and not marks.shapes and not marks.tracks:
        server.draw(task, shapes)


def _ids(server: Server, batch: Batch, task: int) -> Mapping[str, int]:
    return outbound.ids(batch, server.labels(task=task))
