"""The tasks of a project: an image of a batch each, never the same one twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.labelstudio.client import Client, Query
from ymir.labelstudio.projects import Project
from ymir.labelstudio.replies import AwayError

_LIST, _ACTIONS = "/api/tasks", "/api/dm/actions/"
_PAGE = 1000
_AT_ONCE = 500  # tasks of a request
_COUNTS = ("total_annotations", "cancelled_annotations")

Key = tuple[str, int]  # an image, and which copy of it
Row = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Task:
    """A task of the server; its id is no identity, since the server gives ids out again."""

    id: int
    key: Key
    answers: int = 0  # also skips


def key_of(row: Row) -> Key | None:
    """Which image of a batch a task is about; None: it is not ours."""
    data = row.get("data")
    image = data.get("ymir_image") if isinstance(data, dict) else None
    copy = data.get("ymir_copy") if isinstance(data, dict) else None
    return (image, copy) if isinstance(image, str) and isinstance(copy, int) else None


def listed(client: Client, project: Project, fields: Iterable[str] = ()) -> list[Task]:
    """The tasks that are ours, by their ids; `answers` is counted where `fields` name counts."""
    rows = _rows(client, project, ",".join(["id", "data", *fields]))
    tasks = [_task(row, key) for row in rows if (key := key_of(row))]
    return sorted(tasks, key=lambda each: each.id)


def add(
    client: Client, project: Project, tasks: Sequence[Row], tell: Callable[[int], None]
) -> None:
    """Add tasks in their order; where an answer is lost, those that did not get there."""
    left, patience = list(tasks), client.patience()
    while left:
        try:
            client.post(f"{project.path}import", [dict(each) for each in left[:_AT_ONCE]])
            left = left[_AT_ONCE:]
            patience.renew()
        except AwayError as error:
            patience.wait(error)
            there = {each.key for each in listed(client, project)}
            left = [each for each in left if key_of(each) not in there]
        tell(len(tasks) - len(left))


def settle(client: Client, project: Project, wanted: Collection[Key]) -> None:
    """Delete untouched copies, which racing senders made, of what is there more than once."""
    by_key: dict[Key, list[Task]] = {}
    for task in listed(client, project, _COUNTS):
        by_key.setdefault(task.key, []).append(task)
    surplus = [
        each.id
        for key in by_key.keys() & set(wanted)
        for each in sorted(by_key[key], key=lambda task: (-task.answers, task.id))[1:]
        if not each.answers
    ]
    delete_untouched(client, project, surplus)


def delete_untouched(client: Client, project: Project, ids: Sequence[int]) -> int:
    """Delete these tasks, save those that got an answer in the meantime; how many."""
    if not ids:  # an empty selection would mean all tasks
        return 0
    filters: list[JsonValue] = [
        {"filter": f"filter:tasks:{count}", "operator": "equal", "type": "Number", "value": 0}
        for count in _COUNTS
    ]
    body: JsonValue = {
        "project": project.id,
        "filters": {"conjunction": "and", "items": filters},
        "selectedItems": {"all": False, "included": list(ids)},
    }
    said = client.act(_ACTIONS, body, {"id": "delete_tasks", "project": project.id})
    count = said.get("processed_items") if isinstance(said, dict) else None
    return count if isinstance(count, int) else len(ids)


def _rows(client: Client, project: Project, include: str) -> Iterator[Row]:
    """All tasks; only the fields that are needed, which is many times faster."""
    page, seen = 1, 0
    while True:
        query: Query = {"project": project.id, "page": page, "page_size": _PAGE, "include": include}
        found = client.get(_LIST, query)
        rows = found.get("tasks") if isinstance(found, dict) else None
        total = found.get("total") if isinstance(found, dict) else None
        if not isinstance(rows, list) or not isinstance(total, int):
            raise client.odd(_LIST)
        yield from (row for row in rows if isinstance(row, dict))
        page, seen = page + 1, seen + len(rows)
        if seen >= total or not rows:  # a page past the end is an error
            return


def _task(row: Row, key: Key) -> Task:
    counts = [row.get(name) for name in _COUNTS]
    answers = sum(each for each in counts if isinstance(each, int))
    number = row.get("id")
    return Task(number if isinstance(number, int) else 0, key, answers)
