"""Have the server say when somebody has answered; what it says is a reason to look, no more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.secret import reveal_strong
from ymir.errors import DataError
from ymir.labelstudio.client import Client
from ymir.labelstudio.projects import Project
from ymir.labelstudio.settings import Webhook

HEADER = "X-Ymir-Secret"
_PATH = "/api/webhooks/"
_ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED", "TASKS_DELETED")


def ensure_webhook(client: Client, project: Project, webhook: Webhook, workspace: Path) -> None:
    """One webhook of this address and secret at the project."""
    wanted = _wanted(project, webhook.url, reveal_strong(webhook.secret, workspace))
    rows = client.get(_PATH, {"project": project.id})
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    same = next((row for row in known if row.get("url") == webhook.url), None)
    if same and all(same.get(name) == value for name, value in wanted.items() if name != "actions"):
        return
    try:
        if same:
            client.patch(f"{_PATH}{same['id']}/", wanted)
        else:
            client.act(_PATH, dict(wanted))  # twice would do no harm
    except DataError as error:
        raise DataError(
            f"the webhook `{webhook.url}` cannot be registered: {error}",
            hint="a server calls private addresses only if it runs with "
            "SSRF_PROTECTION_ENABLED=false; without `webhook` it is asked every now and then",
        ) from error


def _wanted(project: Project, url: str, secret: str) -> Mapping[str, JsonValue]:
    return {
        "project": project.id,
        "url": url,
        "headers": {HEADER: secret},
        "send_payload": True,
        "send_for_all_actions": False,
        "is_active": True,
        "actions": list(_ACTIONS),
    }
