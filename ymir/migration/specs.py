"""The specs of a workspace that was another platform's repository, as people would write them."""

from collections.abc import Iterable
from pathlib import Path

from ymir.migration.handover import Part
from ymir.spec.labels import ClassSpec, LabelsSpec
from ymir.spec.scalars import as_written
from ymir.spec.schema import announced

_IGNORED = "/raw/\n"


def write_specs(
    folder: Path, parts: Iterable[Part], labels: LabelsSpec, *, is_strict: bool
) -> None:
    """Write `specs/`, and keep git and DVC from looking into `raw/`."""
    (folder / "specs").mkdir()
    (folder / "specs" / "labels.yaml").write_text(announced(labels_text(labels)), encoding="utf-8")
    datasets = "---\n".join(dataset_text(part, is_strict=is_strict) for part in parts)
    (folder / "specs" / "datasets.yaml").write_text(announced(datasets), encoding="utf-8")
    for name in (".gitignore", ".dvcignore"):
        (folder / name).write_text(_IGNORED, encoding="utf-8")


def labels_text(labels: LabelsSpec) -> str:
    """The vocabulary as YAML."""
    lines = "".join(f"  - {_class(each)}\n" for each in labels.classes)
    return f"apiVersion: ymir/v1\nkind: Labels\nclasses:\n{lines}"


def dataset_text(part: Part, *, is_strict: bool) -> str:
    """A dataset as YAML."""
    source = [f"format: coco, path: raw/{part.name}, store: link"]
    source += [] if part.is_truth else ["holds: predictions"]
    source += [] if is_strict else ["reject: skip"]
    what = "Labels" if part.is_truth else "Predictions"
    return (
        f"apiVersion: ymir/v1\nkind: Dataset\nname: {as_written(part.name)}\n"
        f"description: {as_written(f'{what} of {part.source}, from mir')}\n"
        f"from: {{{', '.join(source)}}}\n"
    )


def _class(each: ClassSpec) -> str:
    if not each.aliases:
        return as_written(each.name)
    return (
        f"{{name: {as_written(each.name)}, aliases: [{', '.join(map(as_written, each.aliases))}]}}"
    )
