"""Take back what people have finished, and take away what nobody needs to begin."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.answers.rows import filled, refuse, taken
from ymir.contracts.labeling import Answers, Batch
from ymir.errors import DataError
from ymir.labelstudio.answers import Reading, deleted, said_in
from ymir.labelstudio.client import Client
from ymir.labelstudio.export import exported, people
from ymir.labelstudio.projects import Project, found, page, the_project, withdrawn
from ymir.labelstudio.sending import keys
from ymir.labelstudio.settings import Settings
from ymir.labelstudio.tasks import delete_untouched, key_of


def collect(client: Client, batch: Batch, settings: Settings) -> Answers:
    """The answers to the batch so far; a task that people deleted is a rejected image."""
    project = the_project(client, batch)
    tasks = exported(client, project)
    sizes = {
        image: (width, height)
        for image, width, height in batch.images.select("image", "width", "height").iter_rows()
    }
    reading = Reading(settings, sizes, people(client), lambda task: page(client.url, project, task))
    said = said_in(tasks, reading)
    if not project.is_withdrawn:
        if {key_of(task) for task in tasks}.isdisjoint(keys(batch)):
            raise _emptied(client, project, batch)
        said += deleted(keys(batch), tasks, said)
    answers = taken(batch, said)
    refuse(
        answers.mistakes,
        f"answers to batch {batch.name} in Label Studio",
        "correct them there, or add the classes to Labels, then run `ymir apply` again",
    )
    return Answers(filled(answers.rows))


def withdraw(client: Client, batch: Batch) -> Mapping[str, JsonValue]:
    """Delete the tasks that nobody has touched: without an answer, a skip or a draft."""
    projects, sent = found(client, batch.key), set(keys(batch))
    if not projects:
        return {"withdrawn": 0}
    project = projects[0]
    untouched = [
        number
        for task in exported(client, project)
        if key_of(task) in sent
        and not task.get("annotations")
        and not task.get("drafts")
        and isinstance(number := task.get("id"), int)
    ]
    withdrawn(client, project)  # first: a task that is gone is then no deletion by people
    return {"withdrawn": delete_untouched(client, project, untouched)}


def _emptied(client: Client, project: Project, batch: Batch) -> DataError:
    return DataError(
        f"none of the tasks of batch {batch.name} is left in {page(client.url, project)}",
        hint="bring them back from a backup of the server; or give the batch up: "
        f"`ymir labels cancel {batch.name} --without-answers`",
    )
