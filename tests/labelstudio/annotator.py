"""People who label in Label Studio, through its public API only, and remember what they did.

What somebody does with an image hangs on the image and the person alone: who is interrupted
anywhere, by a server that goes away or an answer that is lost, does the same again, and the server
takes it once (an annotation has a `unique_id`).
"""

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Literal
from xml.etree import ElementTree

import httpx

from tests.labelstudio.server import PATIENCE, Server
from ymir.dvc.objects import md5_of_file

Box = tuple[str, float, float, float, float]  # label, x, y, width, height, in pixels
Place = tuple[int, str, int]  # a project, an image, and which copy of it
_BREATH = 0.2  # seconds between looks at the server


@dataclass(frozen=True)
class Truth:
    """What is to be seen in an image."""

    width: int
    height: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Habits:
    """How often people do what with an image, and how they draw."""

    skips: float = 0.0
    deletes: float = 0.0  # takes the task out of the project; all people agree on which
    turns: float = 0.0  # draws a box as one that is turned by a quarter
    shift: float = 0.0  # pixels by which all boxes are too far right: tells whose they are


@dataclass(frozen=True)
class Deed:
    """What somebody did with one copy of an image; `boxes` as they are meant."""

    kind: Literal["labelled", "skipped", "deleted"]
    boxes: tuple[Box, ...] = ()


@dataclass
class Person:
    """Somebody with an account; `book` holds all they did that the server has confirmed."""

    url: str
    token: str
    name: str
    truth: Mapping[str, Truth]
    habits: Habits = field(default_factory=Habits)
    project: int | None = None  # works in this one only
    book: dict[Place, Deed] = field(default_factory=dict)
    begun: dict[Place, Deed] = field(default_factory=dict)  # also what nobody has confirmed yet

    def works(self) -> int:
        """Do what is there to do, in every project, once; say how many tasks that were."""
        with let_in(self.url, self.token) as client:
            done = [self.meets(client, task) for task in self._open_tasks(client)]
        return sum(done)

    def works_until(self, closing: Event) -> None:
        """Work, whatever becomes of the server, until it is time to go home."""
        while not closing.wait(_BREATH):
            try:
                self.works()
            except (httpx.TransportError, UnwellError):
                continue

    def _open_tasks(self, client: httpx.Client) -> list[dict]:
        """The tasks that nobody has answered, and those of which this person does not know."""
        every = (
            [each["id"] for each in projects(client)] if self.project is None else [self.project]
        )
        found = [{**task, "project": each} for each in every for task in tasks(client, each)]
        there, unsure = set(map(_place, found)), self.begun.keys() - self.book.keys()
        for place in unsure - there:  # what this person deleted
            self.book[place] = self.begun[place]
        return [
            task
            for task in found
            if _place(task) in unsure
            or not (task["total_annotations"] or task["cancelled_annotations"])
        ]

    def meets(self, client: httpx.Client, task: dict) -> bool:
        """Do with a task what this person does with it, and write it down."""
        place = _place(task)
        deed = self.begun[place] = self.decides(*place[1:])
        if deed.kind == "deleted":
            chosen = {"all": False, "included": [task["id"]]}
            body = {"project": task["project"], "selectedItems": chosen}
            where = f"/api/dm/actions/?id=delete_tasks&project={task['project']}"
            _checked(client.post(where, json=body))
        else:
            body = self._annotation(place, deed)
            _checked(client.post(f"/api/tasks/{task['id']}/annotations/", json=body), 409)
        self.book[place] = deed
        return True

    def decides(self, image: str, copy: int) -> Deed:
        """What this person does with an image, every time."""
        if random.Random(f"{image} {copy}").random() < self.habits.deletes:
            return Deed("deleted")
        if random.Random(f"{image} {copy} {self.name}").random() < self.habits.skips:
            return Deed("skipped")
        shift = self.habits.shift
        return Deed(
            "labelled",
            tuple((name, x + shift, *rest) for name, x, *rest in self.truth[image].boxes),
        )

    def _annotation(self, place: Place, deed: Deed) -> dict[str, object]:
        _, image, copy = place
        chance = random.Random(f"{image} {copy} {self.name} boxes")
        seen = self.truth[image]
        return {
            "result": [
                region(box, seen, f"b{number}", is_turned=chance.random() < self.habits.turns)
                for number, box in enumerate(deed.boxes)
            ],
            "was_cancelled": deed.kind == "skipped",
            "lead_time": round(chance.uniform(2, 20), 2),
            "unique_id": self.names(place),
        }

    def names(self, place: Place) -> str:
        """The `unique_id` of what this person says of a copy of an image."""
        project, image, copy = place
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{project}/{image}/{copy}/{self.name}"))


def _place(task: dict) -> Place:
    return task["project"], task["data"]["ymir_image"], int(task["data"].get("ymir_copy", 1))


class UnwellError(Exception):
    """The server answers with a fault of its own."""


def region(box: Box, seen: Truth, name: str, *, is_turned: bool = False) -> dict[str, object]:
    """A box as the page sends it; a turned one lies on its side, and looks the same."""
    label, x, y, w, h = box
    if is_turned:  # a quarter, clockwise about its upper left corner
        x, w, h = x + w, h, w
    across, down = 100 / seen.width, 100 / seen.height
    return {
        "id": name,
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": seen.width,
        "original_height": seen.height,
        "image_rotation": 0,
        "value": {
            "x": x * across,
            "y": y * down,
            "width": w * across,
            "height": h * down,
            "rotation": 90 if is_turned else 0,
            "rectanglelabels": [label],
        },
    }


@contextmanager
def at_work(*people: Person) -> Iterator[Event]:
    """Everybody works, at the same time, until the end of the block."""
    closing = Event()
    workers = [Thread(target=each.works_until, args=(closing,)) for each in people]
    for worker in workers:
        worker.start()
    try:
        yield closing
    finally:
        closing.set()
        for worker in workers:
            worker.join(PATIENCE)


def person(
    server: Server,
    truth: Mapping[str, Truth],
    habits: Habits | None = None,
    project: int | None = None,
) -> Person:
    """The user that a server begins with."""
    return Person(server.url, server.token, server.user, truth, habits or Habits(), project)


def voc_truth(folder: Path, names: Mapping[str, str]) -> dict[str, Truth]:
    """What a VOC folder says of its images, by their digests; `names` has a class for each name."""
    found = {}
    for file in (folder / "Annotations").glob("*.xml"):
        root = ElementTree.fromstring(file.read_text())  # noqa: S314 - the test has written it
        image = folder / "JPEGImages" / root.findtext("filename", "")
        size = [int(root.findtext(f"size/{side}", "0")) for side in ("width", "height")]
        boxes = tuple(_voc_box(each, names) for each in root.iter("object"))
        found[md5_of_file(image)] = Truth(*size, boxes)
    return found


def _voc_box(element: ElementTree.Element, names: Mapping[str, str]) -> Box:
    corners = ("xmin", "ymin", "xmax", "ymax")
    left, top, right, bottom = (int(element.findtext(f"bndbox/{each}", "0")) for each in corners)
    name = names[element.findtext("name", "")]
    return name, left - 1, top - 1, right - left + 1, bottom - top + 1


def projects(client: httpx.Client) -> list[dict]:
    """All projects that there are."""
    return _checked(client.get("/api/projects/", params={"page_size": 100})).json()["results"]


def tasks(client: httpx.Client, project: int) -> list[dict]:
    """All tasks of a project."""
    asked = {
        "project": project,
        "page_size": 1000,
        "include": "id,data,total_annotations,cancelled_annotations",
    }
    return _checked(client.get("/api/tasks", params=asked)).json()["tasks"]


def exported(client: httpx.Client, project: int) -> list[dict]:
    """The tasks of a project, each with its annotations."""
    asked = {"exportType": "JSON", "download_all_tasks": "true"}
    return _checked(client.get(f"/api/projects/{project}/export", params=asked)).json()


def rest() -> None:
    """A moment."""
    time.sleep(_BREATH)


def let_in(url: str, token: str) -> httpx.Client:
    """A client with a personal access token, for five minutes."""
    refreshed = httpx.post(f"{url}/api/token/refresh/", json={"refresh": token}, timeout=PATIENCE)
    bearer = {"Authorization": f"Bearer {_checked(refreshed).json()['access']}"}
    return httpx.Client(base_url=url, headers=bearer, timeout=PATIENCE)


def _checked(answer: httpx.Response, *fine: int) -> httpx.Response:
    """An answer that says yes; a server that stumbles is tried again later."""
    if answer.is_success or answer.status_code in fine:
        return answer
    if answer.status_code in (401, 404) or answer.status_code >= 500:
        raise UnwellError(f"{answer.status_code}: {answer.text[:200]}")
    raise AssertionError(f"{answer.request.url}: {answer.status_code}: {answer.text[:500]}")
