"""The tasks of a project with all that people said: the one export that loses nothing is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from ymir.errors import DataError
from ymir.labelstudio.client import Client
from ymir.labelstudio.projects import Project
from ymir.labelstudio.replies import AbsentError, AwayError

Row = Mapping[str, Any]


def exported(client: Client, project: Project) -> list[Row]:
    """Every task, also those without an answer."""
    path = f"{project.path}export"
    try:
        rows = client.get(path, {"exportType": "JSON", "download_all_tasks": "true"})
    except AbsentError:  # Label Studio Enterprise makes exports in the background only
        rows = _snapshot(client, f"{project.path}exports/")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise client.odd(path)
    return [row for row in rows if isinstance(row, dict)]


def people(client: Client) -> dict[int, str]:
    """Id -> e-mail of the server's users, as far as they may be known."""
    try:
        found = client.get("/api/users/")
    except DataError:  # not everybody may list them
        return {}
    rows = found.get("results") if isinstance(found, dict) else found
    return {
        number: email
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        and isinstance(number := row.get("id"), int)
        and isinstance(email := row.get("email"), str)
    }


def _snapshot(client: Client, path: str) -> JsonValue:
    """An export made in the background, which is deleted when it has been read."""
    made = client.act(path, {"title": "ymir"})
    place = f"{path}{made.get('id') if isinstance(made, dict) else None}"
    try:
        _await(client, place)
        return client.get(f"{place}/download", {"exportType": "JSON"})
    finally:
        client.delete(place)


def _await(client: Client, place: str) -> None:
    patience = client.patience()
    while True:
        found = client.get(place)
        status = found.get("status") if isinstance(found, dict) else None
        if status == "completed":
            return
        if status == "failed":
            raise AwayError("its export failed", is_doubtful=False)
        patience.wait(AwayError("its export is not ready", is_doubtful=False))
