"""What is recorded: pointers, the objects that they name, and the remote's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ymir.checkup.finding import Finding, Severity
from ymir.drift import artefacts, pointers, remote
from ymir.drift.finding import Finding as Drift
from ymir.dvc import away, folders, pointer
from ymir.dvc.objects import object_path
from ymir.dvc.project import MEDIA, cache_of
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, is_known_whole, paths_of
from ymir.errors import StoreError

_LOST = "lost"  # neither here nor on the remote
_SOFT = {"artefact-added", "artefact-edited", "artefact-removed", "remote-missing"}


def look(workspace: Path, *, is_committing: bool) -> Iterator[Finding]:
    """Pointers and what they name; of images that were all here, that no file came or went."""
    for each in pointers.look(workspace, is_committing=is_committing):
        yield _of(each, "error")
    whole = [MEDIA] if is_known_whole(workspace, MEDIA) else []
    projects = [each for each in TRACKED if each not in whole]
    found = [_cached(workspace, each) for each in artefacts.look(workspace, projects)]
    lost = {each.where for each in found if each.code == _LOST}
    yield from (each for each in found if each.code == _LOST or each.where not in lost)
    yield from _torn(workspace)


def sent(workspace: Path) -> Iterator[Finding]:
    """Whether a remote that is a plain folder has all; one behind a network is not asked."""
    folder = away.folder_of(workspace, "")
    if folder is None:
        return
    if not folder.parent.parent.is_dir():
        what = "is not there: is its disk mounted?"
        where = f"the remote `{folder.parent.parent}`"
        yield Finding("data", "remote-away", "warning", where, what, "ymir push")
    elif not away.has_everything(workspace):
        what = "lacks versions that are recorded here"
        yield Finding("data", "unsent", "warning", "the remote", what, "ymir push")


def asked(workspace: Path) -> Iterator[Finding]:
    """What the remotes lack, which are asked for it."""
    for each in remote.look(workspace):
        if isinstance(each, Drift):
            is_nowhere = "not here either" in each.what
            yield _of(each, "error" if is_nowhere else "warning")
        else:
            mend = (
                "ymir push"
                if "nothing was pushed" in each.what
                else "git remote -v; dvc remote list"
            )
            yield Finding("data", each.code, "error", each.where, each.what, mend)


def _cached(workspace: Path, found: Drift) -> Finding:
    """What only has to be fetched hinders nothing; what nobody has, does."""
    if found.code in _SOFT:
        return _of(found, "warning")
    if found.code != "cache-missing" or "damaged" in found.what:
        return _of(found, "error")
    if not _is_lost(workspace, workspace / f"{found.where}.dvc"):
        return _of(found, "warning")
    what = f"{found.what}, nor on the remote"
    return Finding("data", _LOST, "error", found.where, what, "ymir fsck --fix")


def _is_lost(workspace: Path, path: Path) -> bool:
    """Whether anything that a pointer names is neither here nor, as far as a look tells, there."""
    project = MEDIA if path.relative_to(workspace).parts[0] == MEDIA else ""
    cache = cache_of(workspace / project)
    digest = pointer.read(path).digest
    absent = lacking(cache, [digest]) or folders.missing(cache, digest)
    return bool(away.not_on_remote(workspace, project, set(absent)))


def _torn(workspace: Path) -> Iterator[Finding]:
    """Objects of tables and rounds whose sizes do not add up, as a power cut leaves them."""
    cache = cache_of(workspace)
    for path in paths_of(workspace, ""):
        try:
            noted = pointer.read(path)
            entries = folders.entries_of(cache, noted.digest)
            sizes = [object_path(cache, each).stat().st_size for each in entries.values()]
        except (StoreError, OSError):  # told by others
            continue
        if noted.size and sum(sizes) != noted.size:
            where = path.relative_to(workspace).with_suffix("").as_posix()
            what = f"{noted.size} bytes were stored, and {sum(sizes)} are here"
            yield Finding("data", "cache-torn", "error", where, what, "ymir fsck --fix")


def _of(drift: Drift, severity: Severity) -> Finding:
    return Finding("data", drift.code, severity, drift.where, drift.what, drift.heal)
