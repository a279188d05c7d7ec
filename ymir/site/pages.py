"""The pages of projects and rounds that are here: recorded ones, or else those drawn anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from ymir.dvc.files import replace_folder, storing
from ymir.plan.history import newest_round
from ymir.plan.stage import RoundOf
from ymir.site.record import ANEW, PAGE, REPORTS, WorkspaceRecord, link


def find_pages(record: WorkspaceRecord, into: Path) -> dict[str, str]:
    """Links to the page of each project, `helmet`, and of each round, `helmet/r3`."""
    names = {place.project for name in record.observed if (place := RoundOf.of(name))}
    return {
        name: address
        for project in sorted(names)
        for name, address in _of_project(record, project, into).items()
    }


def bring_pages(record: WorkspaceRecord, into: Path) -> None:
    """Copy the pages of every project into a folder that can be passed on."""
    names = {place.project for name in record.observed if (place := RoundOf.of(name))}
    with storing(f"the pages cannot be copied to `{into}`"):
        for project in sorted(names):
            if source := next(iter(_folders(record.root, project)), None):
                _bring(source, into / project / "html")


def _of_project(record: WorkspaceRecord, project: str, into: Path) -> dict[str, str]:
    here = [into / project / "html"] if into != record.root / REPORTS else []
    folders = [*here, *_folders(record.root, project)]
    wanted = {project: PAGE}
    for number in range(1, newest_round(project, record.observed) + 1):
        wanted[f"{project}/r{number}"] = f"r{number}.html"
    found: dict[str, str] = {}
    for name, file in wanted.items():
        if page := next((each / file for each in folders if (each / file).is_file()), None):
            found[name] = link(page, into)
    return found


def _folders(root: Path, project: str) -> list[Path]:
    """Where pages of a project may be, the recorded ones first."""
    both = (root / REPORTS / project / "html", root / ANEW / project)
    return [folder for folder in both if (folder / PAGE).is_file()]


def _bring(source: Path, target: Path) -> None:
    if _stamps(source) == _stamps(target):
        return
    partial = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    replace_folder(partial, target)


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """The files of a folder with size and time, which a copy keeps."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }
