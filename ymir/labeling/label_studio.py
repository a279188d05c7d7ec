"""People label in Label Studio: a project of its own for each batch, filled and read over HTTP.

`label: {use: label-studio, with: {url: …, token: {env: NAME}}}`; the token is a personal access
token, or a legacy one where the server allows them. The project is found by a mark in its
description, a task by the image's digest: nothing is kept here, and sending twice is sending once.

An answer is what somebody submitted: a skip is one, too, a draft is none. A task that people delete
is a rejected image. What becomes of turned rectangles and of polygons is for the spec to say; a box
is cut to its image, and one without area is dropped, which the answer's `why` says. An image whose
EXIF would have it shown turned is sent without EXIF: boxes count the pixels that are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from ymir.contracts.labeling import Answers, Batch, Waiting
from ymir.contracts.secret import reveal
from ymir.errors import DataError
from ymir.labelstudio.settings import Settings

if TYPE_CHECKING:
    from ymir.labelstudio.client import Client

__all__ = ["Settings", "collect", "send", "uses_suggestions", "withdraw"]

T = TypeVar("T")

uses_suggestions = True


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | Waiting:
    """Fill a project with the batch's images, each with what people may start from."""
    from ymir.labelstudio import sending  # specs are checked without httpx and polars

    return _asked(batch, settings, lambda client, known: sending.send(client, batch, known))


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers | Waiting:
    """The answers that people have submitted; every mistake in them at once."""
    from ymir.labelstudio import collecting

    return _asked(batch, settings, lambda client, known: collecting.collect(client, batch, known))


def withdraw(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | Waiting:
    """Delete the tasks that nobody has begun."""
    from ymir.labelstudio import collecting

    return _asked(batch, settings, lambda client, _: collecting.withdraw(client, batch))


def _asked(
    batch: Batch, settings: Mapping[str, JsonValue], ask: Callable[[Client, Settings], T]
) -> T | Waiting:
    """What the server is asked for; a server that is away makes the batch wait."""
    from ymir.labelstudio.client import client_of
    from ymir.labelstudio.replies import AwayError

    known = Settings.model_validate(settings)
    try:
        with client_of(known, reveal(known.token, batch.workspace), batch.workspace) as client:
            return ask(client, known)
    except AwayError as error:
        if error.is_refusal:
            raise DataError(
                f"Label Studio at {known.url} crashes over what it is sent: {error}",
                hint="its own log says more",
            ) from error
        return Waiting(
            f"Label Studio at {known.url} does not answer ({error}); `ymir apply` tries again"
        )
