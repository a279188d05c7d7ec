"""What a simulation asks of an executor: to train, and to look. Named by what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from ymir.simulation.ground import digest_of


@dataclass(frozen=True)
class Way:
    """How models of a simulation are made, whatever they learn from."""

    executor: str  # the digest of its program
    classes: tuple[str, ...]
    parameters: Mapping[str, JsonValue]
    model: str | None = None  # the digest of the model that every training starts from
    is_previous: bool = False  # each starts from the one before


@dataclass(frozen=True)
class Fit:
    """A training: on these images, in the order of their digests; `before` is where it starts."""

    way: Way
    images: tuple[str, ...]
    marks: str  # stand for the images with their labels, and for the validation set
    before: Fit | None = None

    @cached_property
    def key(self) -> str:
        """Stands for all that decides what comes out."""
        return digest_of(
            {
                "executor": self.way.executor,
                "classes": list(self.way.classes),
                "parameters": dict(self.way.parameters),
                "model": self.way.model,
                "marks": self.marks,
                "before": self.before.key if self.before else None,
            }
        )


@dataclass(frozen=True)
class Look:
    """What a model finds: in the testing set, which `marks` stands for, and in these images."""

    fit: Fit
    marks: str
    images: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """Stands for all that decides what comes out."""
        return digest_of({"fit": self.fit.key, "marks": self.marks, "images": self.images})


Ask = Fit | Look
