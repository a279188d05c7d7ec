"""Model packages beside the page, as links to what is recorded: people download them there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from ymir.dvc.files import storing
from ymir.dvc.objects import link_file
from ymir.package.imported import PACKAGE
from ymir.plan.models import model_name
from ymir.plan.stage import RoundOf
from ymir.site.record import OWN, WorkspaceRecord, link, model_pointer, round_pointer
from ymir.site.stock import stored

ENDING = ".tar.gz"


def place_packages(record: WorkspaceRecord, into: Path) -> dict[str, str]:
    """Lay every package that is here into `site/models/`; links to them by the models' names."""
    folder = into / OWN / "models"
    placed: dict[str, str] = {}
    kept: set[str] = set()
    with storing(f"the packages cannot be laid out in `{folder}`"):
        for name, source in _packages(record):
            target = folder / f"{name.replace('/', '-').replace('@', '-')}{ENDING}"
            _lay(source, target)
            placed[name] = link(target, into)
            kept.add(target.name)
        for path in folder.glob(f"*{ENDING}"):
            if path.name not in kept:
                path.unlink()
    return placed


def _packages(record: WorkspaceRecord) -> Iterator[tuple[str, Path]]:
    for stage, version in record.observed.items():
        place, model = RoundOf.of(stage), model_name(stage)
        if place and stage == place.stage("package"):
            name, pointed = str(place), round_pointer(place.project, place.number)
            file = str(version.facts.get("file", ""))
        elif model and "@v" in model:
            name, file = model, PACKAGE
            pointed = model_pointer(model.partition("@")[0], version.number)
        else:
            continue
        if source := stored(record.root, pointed, file):
            yield name, source


def _lay(source: Path, target: Path) -> None:
    """A link to the bytes where the file system can, or else a copy; nothing where it is there."""
    if target.is_file():
        was, now = target.stat(), source.stat()
        if (was.st_size, was.st_mtime_ns) == (now.st_size, now.st_mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        link_file(source, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
