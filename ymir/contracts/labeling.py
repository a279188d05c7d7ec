"""What a label tool must do: take a batch out to people, and bring back what they did."""

from __future__ import annotations

from collections.abc import Mapping
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

    `images` has a row per image, the most useful first, without objects; `pool` is the mining pool
    with whatever truth it carries (for `existing`); `media` says where each image's bytes lie.
    """

    name: str
    images: pl.DataFrame
    pool: pl.DataFrame
    classes: tuple[str, ...]
    primary_names: Mapping[str, str]
    media: Mapping[str, Path]
    workspace: Path


@dataclass(frozen=True)
class Returned:
    """Everything came back: the labelled images, and the balance of the batch."""

    images: pl.DataFrame
    balance: Mapping[str, JsonValue]  # sent = labelled + empty + rejected, reasons per file

    @classmethod
    def whole(cls, images: pl.DataFrame) -> Returned:
        """A batch of which every image came back; one without boxes is a negative one."""
        empty = int((images["objects"].list.len() == 0).sum())
        counted: dict[str, JsonValue] = {
            "sent": images.height,
            "labelled": images.height - empty,
            "empty": empty,
            "rejected": 0,
            "reasons": {},
        }
        return cls(images, counted)


@dataclass(frozen=True)
class Waiting:
    """People are not done; `what` tells them what to do, in one line."""

    what: str


@runtime_checkable
class LabelTool(Protocol):
    """Both calls are idempotent: sending a batch twice is sending it once."""

    Settings: type[Spec]  # what may stand under `with`

    def send(self, batch: Batch, settings: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Hand the batch out; say how many `images`, and `where` if it waits for people."""

    def collect(self, batch: Batch, settings: Mapping[str, JsonValue]) -> Returned | Waiting:
        """Take back what people did, or say that they are not done."""


@runtime_checkable
class Counting(Protocol):
    """What a label tool may do besides: say how far people are, at a glance."""

    def done(self, workspace: Path, batch: str) -> int | None:
        """How many images of a batch have an answer; None where nobody knows. Changes nothing."""


tools = Registry("labeling", LabelTool)
