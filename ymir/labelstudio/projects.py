"""The project that holds a batch: found by a mark of ours, made where there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.contracts.labeling import Batch
from ymir.errors import DataError
from ymir.labelstudio.client import Client, Query
from ymir.labelstudio.config import as_html, drift, interface
from ymir.labelstudio.replies import AbsentError, AwayError

_PATH = "/api/projects/"
_TITLE = 50  # letters, at most
_DIGITS = 8  # of a batch's key that stand in the title
_WITHDRAWN = "[withdrawn]"
_ROUND = re.compile(r"(.+)-r(\d+)")
_LISTED: Query = {"include": "id,title,description,task_number", "page_size": 100}

Row = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Project:
    """A project of the server; `key` is that of its batch."""

    id: int
    key: str
    description: str
    tasks: int  # how many it holds

    @property
    def is_withdrawn(self) -> bool:
        """Whether what nobody had begun was taken out of it, on purpose."""
        return _WITHDRAWN in self.description

    @property
    def path(self) -> str:
        """Where it is in the API."""
        return f"{_PATH}{self.id}/"


def page(url: str, project: Project, task: object = None) -> str:
    """The address of its page, for people; or of one of its tasks."""
    asked = f"?task={task}" if task is not None else ""
    return f"{url}/projects/{project.id}/data{asked}"


def found(client: Client, key: str) -> list[Project]:
    """All projects with the mark of this batch, the one that counts first.

    It is looked for by its title first, and then everywhere: people may have given it another.
    """
    by_title = _marked(client, key, {"title": key[:_DIGITS]})
    return by_title or _marked(client, key, {})


def the_project(client: Client, batch: Batch) -> Project:
    """The project of a batch that was sent; what is wrong with it is an error."""
    projects = found(client, batch.key)
    if not projects:
        raise DataError(
            f"the project of batch {batch.name} is no more in Label Studio at {client.url}",
            hint="bring it back from a backup of the server; or give the batch up: "
            f"`ymir labels cancel {batch.name} --without-answers`",
        )
    return checked(client, projects[0], batch)


def ensured(client: Client, batch: Batch) -> Project:
    """The project of a batch, made if it is not there; surplus ones without tasks are deleted."""
    projects = found(client, batch.key) or _made(client, batch)
    for surplus in projects[1:]:  # of racing senders: all agree on the lowest id
        if not surplus.tasks:
            _delete(client, surplus)
    project = checked(client, projects[0], batch)
    if project.is_withdrawn:
        client.patch(project.path, {"description": project.description.replace(_WITHDRAWN, "")})
    return project


def withdrawn(client: Client, project: Project) -> None:
    """Note in the project that tasks are gone from it on purpose."""
    if not project.is_withdrawn:
        mark = _mark(project.key)
        noted = project.description.replace(mark, f"{mark} {_WITHDRAWN}", 1)
        client.patch(project.path, {"description": noted})


def checked(client: Client, project: Project, batch: Batch) -> Project:
    """The project as it is now, if people can label the batch's classes in it."""
    row = client.get(project.path)
    if not isinstance(row, dict):
        raise client.odd(project.path)
    said = drift(row.get("parsed_label_config"), batch.classes, batch.primary_names)
    if said is not None:
        raise DataError(
            f"the labelling interface of {page(client.url, project)} was changed: {said}",
            hint="mend it in Settings > Labeling Interface; new classes belong into Labels",
        )
    return _project(row, project.key)


def _made(client: Client, batch: Batch) -> list[Project]:
    """Make the project, once: in doubt, look again."""
    patience = client.patience()
    while True:
        try:
            client.post(_PATH, _wanted(batch))
        except AwayError as error:
            patience.wait(error)
        if projects := _marked(client, batch.key, {"title": batch.key[:_DIGITS]}):
            return projects


def _delete(client: Client, project: Project) -> None:
    try:
        client.delete(project.path)
    except AbsentError:
        return


def _marked(client: Client, key: str, query: Query) -> list[Project]:
    rows = client.pages(_PATH, {**_LISTED, **query})
    mark = _mark(key)
    ours = [row for row in rows if str(row.get("description") or "").startswith(mark)]
    return sorted((_project(row, key) for row in ours), key=lambda each: each.id)


def _project(row: Row, key: str) -> Project:
    number, tasks = row.get("id"), row.get("task_number")
    if not isinstance(number, int):
        raise DataError(f"Label Studio lists a project whose id is {number!r}")
    description = str(row.get("description") or "")
    return Project(number, key, description, tasks if isinstance(tasks, int) else 0)


def _mark(key: str) -> str:
    return f"[ymir:{key}]"


def _wanted(batch: Batch) -> JsonValue:
    """A new project: each image is asked of one person, in the order of the batch."""
    instructions = as_html(batch.instructions)
    return {
        "title": _title(batch),
        "description": f"{_mark(batch.key)} {batch.name}: ymir finds the project by these digits",
        "label_config": interface(batch.classes),
        "expert_instruction": instructions,
        "show_instruction": bool(instructions),
        "maximum_annotations": 1,
        "sampling": "Sequential sampling",
        "skip_queue": "IGNORE_SKIPPED",  # a skip is an answer: nobody else is asked
        "show_collab_predictions": True,
    }


def _title(batch: Batch) -> str:
    """`helmet round 2 · 0123abcd`."""
    named = _ROUND.fullmatch(batch.name)
    title = f"{named[1]} round {named[2]}" if named else batch.name
    tail = f" · {batch.key[:_DIGITS]}"
    return title[: _TITLE - len(tail)] + tail
