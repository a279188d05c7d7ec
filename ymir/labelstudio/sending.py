"""Send a batch: a project, its images, and a task for each; what is there already is left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.contracts.labeling import Batch
from ymir.labelstudio.client import Client
from ymir.labelstudio.images import (
    Picture,
    check_upright,
    pictures,
    place_of,
    shared,
    uploaded,
)
from ymir.labelstudio.projects import Project, checked, ensured, page
from ymir.labelstudio.regions import predictions, versions
from ymir.labelstudio.settings import Settings, address_of
from ymir.labelstudio.tasks import Key, add, listed, settle
from ymir.labelstudio.webhooks import ensure_webhook


@dataclass(frozen=True)
class Sending:
    """A batch on its way into a project."""

    client: Client
    project: Project
    batch: Batch
    settings: Settings


def send(client: Client, batch: Batch, settings: Settings) -> Mapping[str, JsonValue]:
    """Every image of the batch is a task of its project, the second copies at the end."""
    _check(batch, settings)
    project, shown = ensured(client, batch), predictions(batch)
    if settings.webhook:
        ensure_webhook(client, project, settings.webhook, batch.workspace)
    there = {each.key for each in listed(client, project)} if project.tasks else set()
    left = [key for key in keys(batch) if key not in there]
    if left:
        _fill(Sending(client, project, batch, settings), left, shown)
    if len(versions(shown.values())) > 1:
        client.patch(project.path, {"model_version": ""})  # else people see those of one only
    if checked(client, project, batch).tasks != len(keys(batch)):
        settle(client, project, keys(batch))
    batch.tell(1.0)
    return {
        "images": batch.images.height,
        "where": page(client.url, project),
        "project": project.id,
        "url": client.url,
    }


def _check(batch: Batch, settings: Settings) -> None:
    """Raise, before anything is changed, where images are not at hand or cannot get there."""
    wanted = pictures(batch, list(batch.images["image"]))
    if settings.address:
        check_upright(wanted)
    if settings.folder:
        place_of(settings.folder, batch.key, batch.workspace)


def keys(batch: Batch) -> list[Key]:
    """What has a task of its own, in the order in which people are asked."""
    return [(each, 1) for each in batch.images["image"]] + [(each, 2) for each in batch.twice]


def _fill(sending: Sending, left: Sequence[Key], shown: Mapping[str, JsonValue]) -> None:
    """Add tasks for these, once their images are there."""
    wanted = pictures(sending.batch, [image for image, _ in left])
    every = len(wanted) + len(left)
    addresses = _addresses(sending, wanted, lambda done: sending.batch.tell(done / every))
    by_image = {each.image: each for each in wanted}
    tasks = [_task(key, by_image[key[0]], addresses, shown) for key in left]
    begun = len(wanted)
    add(sending.client, sending.project, tasks, lambda n: sending.batch.tell((begun + n) / every))


def _addresses(
    sending: Sending, wanted: Sequence[Picture], tell: Callable[[int], None]
) -> dict[str, str]:
    client, project, settings = sending.client, sending.project, sending.settings
    if settings.folder:
        return shared(client, project, wanted, settings.folder, sending.batch.workspace)
    if settings.address:
        return {
            each.image: address_of(settings.address, each.image, each.kind, each.old)
            for each in wanted
        }
    return uploaded(client, project, wanted, tell)


def _task(
    key: Key, picture: Picture, addresses: Mapping[str, str], shown: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """A task as the server imports it."""
    image, copy = key
    data: JsonValue = {
        "image": addresses[image],
        "ymir_image": image,
        "ymir_copy": copy,
        "file": picture.old,
    }
    return {"data": data, "predictions": [shown[image]]} if image in shown else {"data": data}
