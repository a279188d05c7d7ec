"""What a label tool must do: take a batch out to people, and bring back what they did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import JsonValue

from ymir.plugins import Registry
from ymir.spec.base import Spec

if TYPE_CHECKING:  # checking specs needs no tables, and must start fast
    import polars as pl


@dataclass(frozen=True)
class Batch:
    """The images that one round wants labelled.

    `images` has a row per image, the most useful first, with the labels that it has already where
    people look at it again, and no objects otherwise; `suggested` has those on which a model was
    asked, with what it finds, scored; `pool` is what the mining pool says of these images, with
    whatever truth it carries (for `existing`); `media` says where each image's bytes lie.
    """

    name: str  # `helmet-r2`: names it in its workspace
    key: str  # 12 hex digits that name it among the batches of all workspaces
    images: pl.DataFrame
    pool: pl.DataFrame
    suggested: pl.DataFrame
    classes: tuple[str, ...]
    primary_names: Mapping[str, str]  # class or alias -> class
    media: Mapping[str, Path]
    workspace: Path
    twice: tuple[str, ...] = ()  # the images that go out a second time, at the end of the batch
    instructions: str = ""  # for annotators
    model: str = ""  # what found the suggestions, e.g. `helmet/r2`
    believed: float = 0.0  # the score from which on people are shown what it finds
    tell: Callable[[float], None] = lambda share: None  # hears which share of the work is done


@dataclass(frozen=True)
class Answers:
    """What people have done so far: `rows` as `ymir.data.answers.ANSWERS`.

    An image of the batch without a row is outstanding. All labels in it are primary names of
    classes of the batch, all boxes lie within their images.
    """

    rows: pl.DataFrame
    by_people: bool = True  # false: pseudo-labels, which nobody looked at


@dataclass(frozen=True)
class Waiting:
    """Nothing can be had now; `what` says why and what people should do, in one line."""

    what: str


@runtime_checkable
class LabelTool(Protocol):
    """All calls are idempotent: sending a batch twice is sending it once.

    What people must mend raises `DataError`, before anything is changed; a tool that does not
    answer makes the batch wait, and never fails it.
    """

    Settings: type[Spec]  # what may stand under `with`
    uses_suggestions: bool  # whether it can show people what a model finds

    def send(
        self, batch: Batch, settings: Mapping[str, JsonValue]
    ) -> Mapping[str, JsonValue] | Waiting:
        """Hand the batch out; say how many `images`, and `where` if it waits for people."""

    def collect(self, batch: Batch, settings: Mapping[str, JsonValue]) -> Answers | Waiting:
        """Take back what people have finished so far. Changes nothing that is theirs."""


@runtime_checkable
class Withdrawing(Protocol):
    """What a label tool may do besides: take back what nobody needs to answer any more."""

    def withdraw(
        self, batch: Batch, settings: Mapping[str, JsonValue]
    ) -> Mapping[str, JsonValue] | Waiting:
        """Take away the images that nobody has begun; say how many `withdrawn`.

        What anybody has begun or answered stays as it is.
        """


@runtime_checkable
class Counting(Protocol):
    """What a label tool may do besides: say how far people are, at a glance, from local files."""

    def done(self, workspace: Path, batch: str) -> int | None:
        """How many images of a batch have an answer; None where nobody knows. Changes nothing."""


tools = Registry("labeling", LabelTool)
