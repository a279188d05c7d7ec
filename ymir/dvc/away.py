"""What the remote holds, as far as a look into a folder tells: without importing DVC."""

from collections.abc import Collection, Iterator
from pathlib import Path

from ymir.dvc import folders
from ymir.dvc.losses import to_resend
from ymir.dvc.objects import md5_of_file, object_path
from ymir.dvc.project import cache_of, remote_of, settings
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, pointers_of


def has_everything(workspace: Path) -> bool:
    """Whether a remote that is a folder has all that the pointers name; False where DVC must ask.

    A listing is stored after the files it lists: where it is, they arrived. What was lost since is
    found by `ymir fsck --remote`.
    """
    again = to_resend(workspace)
    return not any(again.values()) and all(_has_listings(workspace, project) for project in TRACKED)


def send(workspace: Path, named: Collection[str]) -> int:
    """Store on the remote what the pointers name, and those `named` listings that are whole here.

    DVC is imported only if a look into the remote does not tell that all of it is there.
    """
    cache = cache_of(workspace)
    here = set(named) - lacking(cache, named)
    whole = {each for each in here if not folders.missing(cache, each)}
    folder = folder_of(workspace, "")
    more = lacking(folder, whole) if folder is not None else whole
    if not more and has_everything(workspace):
        return 0
    from ymir.dvc import remote  # importing DVC takes half a second

    return remote.push(workspace, more)


def lacking_everywhere(workspace: Path, digests: Collection[str]) -> set[str]:
    """Those of the objects that no project's remote has; all of them where there is no remote."""
    left = set(digests)
    for project in TRACKED:
        left = not_on_remote(workspace, project, left, is_asking=True)
    return left


def not_on_remote(
    workspace: Path, project: str, digests: Collection[str], *, is_asking: bool = False
) -> set[str]:
    """Those of the objects that the remote lacks; all of them where there is no remote.

    A remote behind a network is taken to have them unless it `is_asking`.
    """
    if not digests or not has_remote(workspace, project):
        return set(digests)
    if (folder := folder_of(workspace, project)) is not None:
        return lacking(folder, digests)
    if not is_asking:
        return set()
    from ymir.dvc import remote  # importing DVC takes half a second

    return set(digests) - remote.present(workspace, project, digests)


def damaged(workspace: Path, project: str, digests: Collection[str]) -> Iterator[str]:
    """Those of the remote's objects that are not what their names say; reads them all."""
    if not digests:
        return
    if (folder := folder_of(workspace, project)) is not None:
        for digest in sorted(digests):
            if md5_of_file(object_path(folder, digest)) != digest.removesuffix(".dir"):
                yield digest
        return
    from ymir.dvc import remote

    yield from remote.damaged(workspace, project, digests)


def has_remote(workspace: Path, project: str) -> bool:
    """Whether the DVC config names one."""
    return bool(remote_of(workspace / project))


def folder_of(workspace: Path, project: str) -> Path | None:
    """Where the objects lie on a remote that is a plain folder; None if it is anything else."""
    config = settings(workspace / project)
    section = f"'remote \"{remote_of(workspace / project)}\"'"
    if not config.has_section(section) or set(config[section]) != {"url"}:
        return None
    url = config[section]["url"]
    if "://" in url:
        return None
    return (workspace / project / ".dvc" / url).resolve() / "files" / "md5"


def _has_listings(workspace: Path, project: str) -> bool:
    listings = {each.digest for _, each in pointers_of(workspace, project)}
    if not listings:
        return True
    folder = folder_of(workspace, project)
    return folder is not None and not lacking(folder, listings)
