"""DVC: its version, the settings of both projects, and locks that nobody holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from ymir.checkup.finding import Finding, Severity
from ymir.dvc.away import has_remote
from ymir.dvc.project import cache_of, settings
from ymir.dvc.tracked import TRACKED, paths_of

_PACKAGE = "ymir-gitops"
_RWLOCK = ".dvc/tmp/rwlock"


def look(workspace: Path, remote: str | None) -> Iterator[Finding]:
    """What stands between the workspace and DVC; `remote` is what the specs say."""
    yield from unfit(metadata.version("dvc"), metadata.requires(_PACKAGE) or [])
    for project in TRACKED:
        if any(paths_of(workspace, project)):
            yield from _project(workspace, project, remote)


def unfit(installed: str, required: list[str]) -> Iterator[Finding]:
    """Another DVC than the one that ymir was tested with. Pure."""
    pin = next((each.split(";")[0].strip() for each in required if each.startswith("dvc==")), "")
    wanted = pin.removeprefix("dvc==").removesuffix("*")
    if wanted and not f"{installed}.".startswith(wanted):
        what = f"version {installed} is installed; ymir is tested with {wanted}*"
        yield _found("dvc-version", "error", "dvc", what, f'pip install "{pin}"')


def _project(workspace: Path, project: str, remote: str | None) -> Iterator[Finding]:
    where = f"{project}/.dvc/config" if project else ".dvc/config"
    if not (workspace / where).is_file():
        yield _found("no-project", "error", where, "is missing: DVC sees no project", "ymir pull")
    settings(workspace / project)  # it says what is wrong with the file
    if remote and not has_remote(workspace, project):
        what = "does not have the remote that the `Workspace` spec names"
        yield _found("no-remote", "error", where, what, "ymir pull")
    lock = workspace / project / _RWLOCK
    if _is_torn(lock):
        name = lock.relative_to(workspace).as_posix()
        what = "is torn, and DVC does nothing while it is there"
        yield _found("dvc-locked", "error", name, what, f"rm {name}")
    cache = cache_of(workspace / project)
    if not cache.is_dir() and not cache.is_relative_to(workspace):
        what = "is not there: is its disk mounted? Its DVC config names it as the cache"
        yield _found("cache-away", "error", str(cache), what, f"mkdir -p '{cache}' && ymir pull")


def _is_torn(lock: Path) -> bool:
    try:
        json.loads(lock.read_bytes())
    except OSError:
        return False
    except ValueError:
        return True
    return False


def _found(code: str, severity: Severity, where: str, what: str, mend: str) -> Finding:
    return Finding("dvc", code, severity, where, what, mend)
