"""What killed runs, old jobs and repairs left on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ymir.checkup.finding import Finding
from ymir.keeping import waste

_GRACE, _OLD = 3600.0, 7 * 86_400.0  # seconds, as of `ymir gc`
_MANY = 1 << 30  # bytes of old jobs that are worth a line
_CLEAN = "ymir gc --yes"
_ASIDE = {
    "quarantine": "objects that were damaged, put aside by `ymir fsck --fix`",
    "edited": "files that people edited in folders of ymir, put aside",
}


def look(workspace: Path, now: float) -> Iterator[Finding]:
    """Unfinished files, folders without a pointer, old jobs, and what was put aside."""
    for each in waste.unfinished(workspace, now - _GRACE):
        yield _found(
            workspace, each.path, "half-made", "was left half-made by a killed run", _CLEAN
        )
    for each in waste.orphans(workspace):
        yield _found(workspace, each.path, "orphan", "is laid out, and no pointer names it", _CLEAN)
    old = sum(each.bytes for each in waste.old_jobs(workspace, now - _OLD))
    if old > _MANY:
        what = f"{old / 1e9:.1f} GB of jobs that ended a week ago"
        yield Finding("leftovers", "old-jobs", "warning", ".ymir/jobs", what, _CLEAN)
    for name, what in _ASIDE.items():
        folder = workspace / ".ymir" / name
        if folder.is_dir() and any(folder.iterdir()):
            mend = f"rm -r .ymir/{name}"
            yield _found(workspace, folder, name, f"holds {what}: look, and remove it", mend)


def _found(workspace: Path, path: Path, code: str, what: str, mend: str) -> Finding:
    where = path.relative_to(workspace).as_posix()
    return Finding("leftovers", code, "warning", where, what, mend)
