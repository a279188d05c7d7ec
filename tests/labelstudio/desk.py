"""A batch of its own at a real server, and hands that do to its tasks what people would."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from tests.labeling.batches import CLASSES, SIZE, batch
from tests.labelstudio import annotator
from tests.labelstudio.server import PATIENCE, Server
from ymir.contracts.labeling import Answers, Batch, Waiting
from ymir.labeling import label_studio

TOKEN_FILE = "ymir-token"  # noqa: S105 - the file that holds one


def region(at=(10, 10), size=(20, 10), label=CLASSES[0], kind="rectangle", **more):
    """A shape as the page sends it, in pixels of the batch's images."""
    wide, high = 100 / SIZE[0], 100 / SIZE[1]
    sides = {"x": at[0] * wide, "y": at[1] * high, "width": size[0] * wide}
    value = {**sides, "height": size[1] * high, "rotation": 0, f"{kind}labels": [label]}
    value |= more.pop("value", {})
    return {
        "id": uuid.uuid4().hex[:10],
        "type": f"{kind}labels",
        "from_name": "label",
        "to_name": "image",
        "original_width": SIZE[0],
        "original_height": SIZE[1],
        "image_rotation": 0,
        "value": value,
        **more,
    }


@dataclass
class Desk:
    """Sends and collects one batch, and acts on its project through the public API."""

    server: Server
    batch: Batch
    url: str = ""  # of what stands between, if it is not the server itself
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """What stands under `with`."""
        url = self.url or self.server.url
        return {"url": url, "token": {"file": TOKEN_FILE}, "patience": "60s", **self.more}

    @property
    def images(self) -> list[str]:
        """Those of the batch, in its order."""
        return self.batch.images["image"].to_list()

    def send(self, **more: Any) -> Mapping[str, Any] | Waiting:
        """Send the batch; `more` settings may be said."""
        return label_studio.send(self.batch, {**self.settings, **more})

    def collect(self, **more: Any) -> Answers | Waiting:
        """What has been answered."""
        return label_studio.collect(self.batch, {**self.settings, **more})

    def rows(self, **more: Any) -> list[dict[str, Any]]:
        """The answers, as rows."""
        answers = self.collect(**more)
        assert isinstance(answers, Answers), answers
        return answers.rows.to_dicts()

    def withdraw(self) -> Mapping[str, Any] | Waiting:
        """Take back what nobody has begun."""
        return label_studio.withdraw(self.batch, self.settings)

    def client(self) -> httpx.Client:
        """The server, for who acts on it without us."""
        header = {"Authorization": f"Token {self.server.legacy_token}"}
        return httpx.Client(base_url=self.server.url, headers=header, timeout=PATIENCE)

    def projects(self) -> list[dict[str, Any]]:
        """Every project of this batch."""
        with self.client() as client:
            mark = f"[ymir:{self.batch.key}]"
            return [p for p in annotator.projects(client) if p["description"].startswith(mark)]

    def project(self) -> dict[str, Any]:
        """The only one."""
        (found,) = self.projects()
        return found

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks in it, in the order in which people are asked."""
        with self.client() as client:
            return sorted(
                annotator.exported(client, self.project()["id"]), key=lambda task: task["id"]
            )

    def task(self, image: str, copy: int = 1) -> dict[str, Any]:
        """The only task of an image."""
        (found,) = [
            task
            for task in self.tasks()
            if (task["data"]["ymir_image"], task["data"]["ymir_copy"]) == (image, copy)
        ]
        return found

    def says(self, image: str, *regions: dict[str, Any], copy: int = 1, **more: Any) -> None:
        """Somebody submits an answer."""
        body = {"result": list(regions), "lead_time": 2.5, **more}
        self.posts(f"/api/tasks/{self.task(image, copy)['id']}/annotations/", body)

    def drafts(self, image: str, *regions: dict[str, Any]) -> None:
        """Somebody draws, and does not submit."""
        body = {"result": list(regions), "lead_time": 1}
        self.posts(f"/api/tasks/{self.task(image)['id']}/drafts", body)

    def deletes(self, *images: str) -> None:
        """Somebody takes tasks out of the project, in all their copies."""
        ids = [task["id"] for task in self.tasks() if task["data"]["ymir_image"] in images]
        project = self.project()["id"]
        body = {"project": project, "selectedItems": {"all": False, "included": ids}}
        self.posts(f"/api/dm/actions/?id=delete_tasks&project={project}", body)

    def posts(self, path: str, body: Any) -> Any:
        """One call of the API."""
        with self.client() as client:
            answer = client.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

    def sets(self, **values: Any) -> None:
        """Somebody changes the project."""
        with self.client() as client:
            answer = client.patch(f"/api/projects/{self.project()['id']}/", json=values)
            assert answer.is_success, answer.text


def desk(server: Server, workspace: Path, count: int = 3, **more: Any) -> Desk:
    """A batch that no other test has, with settings that reach the server."""
    workspace.mkdir(exist_ok=True)
    (workspace / TOKEN_FILE).write_text(f"{server.token or 'a.b.c'}\n")
    made = replace(batch(workspace, count), key=uuid.uuid4().hex[:12], **more)
    return Desk(server, made)
