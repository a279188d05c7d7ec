"""Send objects to the remote and bring them back: the only module that imports DVC."""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.config import NoRemoteError
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.hashfile.hash_info import HashInfo

from ymir.dvc import folders, objects, pointer
from ymir.dvc.files import storing
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import MEDIA, cache_of
from ymir.errors import StoreError

_TRACKED = {"": ("data/*/*/*.dvc", "reports/*/*.dvc"), MEDIA: ("pool/*.dvc",)}

for _name in ("dvc", "dvc_objects", "dvc_data"):  # on import, DVC begins to print what it logs
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def push(workspace: Path) -> int:
    """Store on the remote what the pointers name and it lacks; returns how many objects went."""
    return sum(_push(workspace, project) for project in _TRACKED)


def pull(workspace: Path) -> int:
    """Fetch what the pointers name and lay their folders out; returns how many objects came."""
    return sum(_pull(workspace, project) for project in _TRACKED)


def fetch_objects(workspace: Path, digests: Collection[str], *, project: str = MEDIA) -> None:
    """Bring objects into a project's cache; with a folder's listing come the files it lists."""
    cache = cache_of(workspace / project)
    with storing("objects cannot be fetched"), _opened(workspace, project) as repo:
        repo.cloud.pull(_hashes(digests))
    lost = [each for each in digests if not objects.object_path(cache, each).exists()]
    if lost:
        raise StoreError(
            f"neither this workspace nor its remote has {_listed(lost)}",
            hint="run `ymir push` where the data was made, then try again",
        )


def _push(workspace: Path, project: str) -> int:
    cache = cache_of(workspace / project)
    absent = {path: folders.missing(cache, each) for path, each in _pointers(workspace, project)}
    if not absent:
        return 0
    with storing("objects cannot be sent"), _opened(workspace, project) as repo:
        elsewhere = {digest for digests in absent.values() for digest in digests}
        if elsewhere and (lost := repo.cloud.status(_hashes(elsewhere)).missing):
            raise StoreError(
                f"neither this workspace nor its remote has {_listed(each.value for each in lost)}",
                hint="run `ymir push` where the data was made",
            )
        here = {each.digest for path, each in _pointers(workspace, project)} - elsewhere
        result = repo.cloud.push(_hashes(here))
    if result.failed:
        raise StoreError(
            f"the remote did not take {_listed(each.value for each in result.failed)}",
            hint="run `ymir push` again: what has arrived is kept",
        )
    return len(result.transferred)


def _pull(workspace: Path, project: str) -> int:
    cache = cache_of(workspace / project)
    pointers = dict(_pointers(workspace, project))
    absent = {digest for each in pointers.values() for digest in folders.missing(cache, each)}
    if absent:
        fetch_objects(workspace, absent, project=project)
    with storing("folders cannot be laid out"):
        for path, each in pointers.items():
            folders.lay_out(cache, folders.entries_of(cache, each), path.with_suffix(""))
    return len(absent)


def _pointers(workspace: Path, project: str) -> Iterator[tuple[Path, Pointer]]:
    for pattern in _TRACKED[project]:
        for path in sorted((workspace / project).glob(pattern)):
            yield path, pointer.read(path)


@contextmanager
def _opened(workspace: Path, project: str) -> Iterator[Repo]:
    """A DVC project, held against other DVC commands; its databases lie in `.ymir/`."""
    settings = {"core": {"site_cache_dir": str(workspace / ".ymir" / "dvc")}}
    try:
        with Repo(str(workspace / project), config=settings) as repo, repo.lock:
            yield repo
    except NoRemoteError as error:
        raise StoreError(
            "this workspace has no remote",
            hint="write `remote: <folder or URL>` in its `Workspace` spec",
        ) from error
    except DvcException as error:
        raise StoreError(f"DVC refused: {error}") from error


def _hashes(digests: Iterable[str]) -> list[HashInfo]:
    return [HashInfo("md5", digest) for digest in sorted(digests)]


def _listed(digests: Iterable[str]) -> str:
    names = sorted(digests)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
