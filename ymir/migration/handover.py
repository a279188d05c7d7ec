"""What became of everything that a migration found."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.errors import DataError
from ymir.migration.coco import Rejected

_SHOWN = 20  # problems in one message


@dataclass(frozen=True)
class Part:
    """One dataset that was written: from where, and its balance."""

    name: str
    source: str
    commit: str
    is_truth: bool
    images: Mapping[str, int]  # in, kept, rejected
    boxes: Mapping[str, int]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True)
class Handover:
    """All datasets, and what a workspace has no place for, with counts."""

    parts: tuple[Part, ...]
    datasets: Mapping[str, int]  # of the repository: in, kept, rejected
    not_kept: Mapping[str, int]
    first: int  # where boxes were counted from

    def as_data(self) -> dict[str, JsonValue]:
        """For `migration.json`."""
        return {
            "balance": dict(self.datasets),
            "datasets": [_data(part) for part in self.parts],
            "boxes_counted_from": self.first,
            "not_kept": dict(self.not_kept),
        }


def balanced(
    name: str, found: tuple[int, int], kept: tuple[int, int], rejected: tuple[Rejected, ...]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The balance of images and of boxes of a dataset; a gap is a mistake of ours."""
    lost = (sum(each.images for each in rejected), sum(each.boxes for each in rejected))
    images, boxes = (
        {"in": all_, "kept": taken, "rejected": left}
        for all_, taken, left in zip(found, kept, lost, strict=True)
    )
    for what, each in (("images", images), ("boxes", boxes)):
        if gap := each["in"] - each["kept"] - each["rejected"]:
            hint = "this is a mistake in ymir: please report it"
            raise DataError(f"{gap} {what} of `{name}` are unaccounted for", hint=hint)
    return images, boxes


def stop_on_rejected(parts: tuple[Part, ...]) -> None:
    """Complain about everything at once."""
    lines = [
        f"{part.source}: {each.file}: {each.reason}" for part in parts for each in part.rejected
    ]
    if lines:
        shown = "".join(f"\n  {line}" for line in lines[:_SHOWN])
        more = f"\n  ... and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        raise DataError(
            f"{len(lines)} things cannot be taken over; nothing was made:{shown}{more}",
            hint="put them right, or leave them out with `--reject skip`",
        )


def _data(part: Part) -> dict[str, JsonValue]:
    return {
        "name": part.name,
        "source": part.source,
        "commit": part.commit,
        "holds": "labels" if part.is_truth else "predictions",
        "images": dict(part.images),
        "boxes": dict(part.boxes),
        "rejected": [{"file": each.file, "reason": each.reason} for each in part.rejected],
    }
