"""What was tried of a package, and whether it held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue, TypeAdapter

FILE = "proof.json"
CARD = "model_card.md"  # beside it, with what became of the promises
CHECKS = ("checksums", "classes", "weights", "predictions", "onnx")  # in this order


@dataclass(frozen=True)
class Check:
    """One promise of a package; `figures` are the largest differences that were seen."""

    name: str
    holds: bool
    says: str
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """A package that was opened as a stranger would."""

    package: str
    sha256: str
    images: int  # that it was run on
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether the package is what it promises."""
        return all(check.holds for check in self.checks)

    @property
    def broken(self) -> Iterator[Check]:
        """What it does not keep."""
        return (check for check in self.checks if not check.holds)

    @property
    def facts(self) -> dict[str, JsonValue]:
        """What a record notes of it."""
        return {
            "holds": self.holds,
            "images": self.images,
            "checks": {check.name: check.says for check in self.checks},
            "broken": [check.name for check in self.broken],
        }


proofs: TypeAdapter[Proof] = TypeAdapter(Proof)
