"""People label in CVAT: a task for each few hundred images, in a project that has their classes.

Only finished jobs count: an image without boxes in one is a negative, one that people took out was
skipped. It needs `cvat-sdk`, one release of which knows two versions of the server. No CVAT server
has been met: this is tested against exchanges that were written for cvat-sdk 2.80.0, see
`tests/cvat/`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from ymir.answers.rows import Said, filled, refuse, taken
from ymir.contracts.labeling import Answers, Batch, Waiting
from ymir.contracts.secret import reveal
from ymir.cvat import sending
from ymir.cvat.faults import AwayError
from ymir.cvat.inbound import Whole, answers, is_finished
from ymir.cvat.outbound import copy_in, image_of, mark, pieces
from ymir.cvat.settings import Settings
from ymir.data.answers import REJECTED
from ymir.errors import DataError, PluginError
from ymir.spec.executor import seconds

if TYPE_CHECKING:  # it needs the SDK, which not everybody has
    from ymir.cvat.server import Server

__all__ = ["Settings", "collect", "send", "uses_suggestions", "withdraw"]

Got = TypeVar("Got")

uses_suggestions = True

_GONE = "its task in CVAT is gone"


def send(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | Waiting:
    """Make a project and tasks with the images, and draw what a model finds on them."""
    asked = Settings.model_validate(settings)
    return _ask(batch, asked, lambda server: sending.send(server, batch, asked))


def collect(batch: Batch, settings: Mapping[str, JsonValue]) -> Answers | Waiting:
    """What is in the jobs that are finished; every mistake in them at once."""
    asked = Settings.model_validate(settings)
    return _ask(batch, asked, lambda server: _collected(server, batch, asked))


def withdraw(batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | Waiting:
    """Take the images out of the jobs with which nobody has begun."""
    asked = Settings.model_validate(settings)
    return _ask(batch, asked, lambda server: sending.withdraw(server, batch))


def _ask(batch: Batch, asked: Settings, what: Callable[[Server], Got]) -> Got | Waiting:
    """What the server is asked for; that it is of another version is told with every trouble."""
    with _server(batch, asked) as server:
        try:
            server.greet()
            return what(server)
        except AwayError as error:
            now = f"CVAT at {asked.url} cannot be asked now: {error}"
            return Waiting(f"{now}{_note(server)}; run `ymir apply` again later, nothing is lost")
        except DataError as error:
            raise DataError(f"{error}{_note(server)}", hint=error.hint) from error


def _note(server: Server) -> str:
    return f" ({server.note})" if server.note else ""


def _server(batch: Batch, asked: Settings) -> Server:
    try:
        from ymir.cvat.server import Server  # not everybody has the SDK
    except ModuleNotFoundError as error:
        raise PluginError(
            f"the label tool `cvat` needs `cvat-sdk`: {error}",
            hint='run `pip install "ymir-gitops[cvat]"`',
        ) from error
    verify = _trusted(batch, asked.verify)
    server = Server(asked.url, verify=verify, seconds=seconds(asked.patience))
    token = reveal(asked.token, batch.workspace) if asked.token else None
    password = reveal(asked.password, batch.workspace) if asked.password else None
    server.sign_in(token, asked.user, password)
    server.act_for(asked.organization)
    return server


def _trusted(batch: Batch, verify: bool | str) -> bool | str:
    """Whether certificates are checked, or by which file."""
    if isinstance(verify, bool):
        return verify
    file = (batch.workspace / verify).expanduser()
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:
        raise DataError(
            f"`verify: {verify}` cannot be used: {error}", hint="name a file of certificates in PEM"
        ) from error
    return str(file)


def _collected(server: Server, batch: Batch, asked: Settings) -> Answers:
    tasks = sending.found(server, batch)
    if not tasks:
        raise DataError(
            f"CVAT at {asked.url} has no task whose name ends with `{mark(batch)}`",
            hint="look at `url` and `organization` in the spec; if the tasks were deleted, take "
            "the batch back",
        )
    said = [each for task in tasks for each in answers(batch, _drawn(server, task, asked), asked)]
    got = taken(batch, [*said, *_gone(batch, tasks)])
    refuse(
        got.mistakes,
        f"what people drew in CVAT for `{batch.name}`",
        hint="correct it there, save it, and run `ymir apply` again",
    )
    return Answers(filled(got.rows))


def _drawn(server: Server, whole: Whole, asked: Settings) -> Whole:
    """With what is drawn, where a job is finished."""
    if not any(is_finished(each, asked.finished) for each in whole.jobs):
        return whole
    number = whole.task.id
    return replace(whole, labels=server.labels(task=number), marks=server.marks(number))


def _gone(batch: Batch, tasks: list[Whole]) -> Iterator[Said]:
    """Images whose task somebody deleted."""
    there = {
        (image_of(frame), copy_in(each.task.name, batch))
        for each in tasks
        for frame in each.meta.frames
    }
    for piece in pieces(batch):
        if (piece.image, piece.copy) not in there:
            yield Said(piece.image, _GONE, copy=piece.copy, state=REJECTED, why=_GONE)
