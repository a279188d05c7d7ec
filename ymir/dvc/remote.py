"""Send objects to the remote and bring them back: the only module that imports DVC."""

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

from dvc.config import NoRemoteError
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.hashfile.db import HashFileDB
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.status import CompareStatusResult
from dvc_data.hashfile.transfer import transfer
from dvc_objects.fs.local import LocalFileSystem

from ymir.dvc import folders, losses
from ymir.dvc.arrivals import checked
from ymir.dvc.files import STORE, storing
from ymir.dvc.objects import md5_of_file
from ymir.dvc.project import MEDIA, cache_of, remote_of
from ymir.dvc.refusals import missing_package
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, absent, lasting, lay_out, pointers_of
from ymir.errors import LostError, StoreError
from ymir.vault import remember_named

# On import, DVC begins to print what it logs; of its remotes, some tell of their own closing.
for _name in ("dvc", "dvc_objects", "dvc_data", "aiohttp_retry"):
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def push(workspace: Path, also: Collection[str] = ()) -> int:
    """Store on the remote what the pointers name and it lacks; returns how many objects went.

    `also` are listings of data that older commits name.
    """
    again = losses.to_resend(workspace)
    more = {"": also}
    count = sum(
        _push(workspace, project, again.get(project, ()), more.get(project, ()))
        for project in TRACKED
    )
    losses.resend(workspace, {})
    return count


def pull(workspace: Path, projects: Collection[str] = tuple(TRACKED)) -> int:
    """Fetch what the pointers name and lay their folders out; returns how many objects came.

    What the remote has comes, also where it lacks other things; these are a `LostError`.
    """
    count, lost = 0, dict[str, Collection[str]]()
    for project in projects:
        try:
            count += _pull(workspace, project)
        except LostError as error:
            lost.update(error.lost)
    if lost:
        raise LostError(lost)
    return count


def fetch_objects(workspace: Path, digests: Collection[str], *, project: str = MEDIA) -> int:
    """Bring objects into a project's cache; with a folder's listing come the files it lists."""
    cache = cache_of(workspace / project)
    why = f"{len(digests)} objects of `{project or 'data'}` are not in its cache, and "
    with _asked("objects cannot be fetched", workspace, project, why) as repo:
        lost = set[str]()
        count = _fetch(repo, digests, lost)
        listings = [each for each in digests if each.endswith(".dir") and each not in lost]
        listed = {file for each in listings for file in folders.missing(cache, each)}
        count += _fetch(repo, listed, lost)
    if lost:
        raise LostError({project: lost})
    return count


def fetch_exactly(workspace: Path, digests: Collection[str], *, project: str) -> int:
    """Bring just these objects into a project's cache, not what listings among them list."""
    lost = set[str]()
    with _asked("objects cannot be fetched", workspace, project) as repo:
        count = _fetch(repo, digests, lost)
    if lost:
        raise LostError({project: lost})
    return count


def present(workspace: Path, project: str, digests: Collection[str]) -> set[str]:
    """Those of the objects that the remote has."""
    with _asked("the remote cannot be asked", workspace, project) as repo:
        return set(repo.cloud.get_remote_odb().oids_exist(sorted(digests)))


def damaged(workspace: Path, project: str, digests: Collection[str]) -> Iterator[str]:
    """Those of the remote's objects that are not what their names say; one is here at a time."""
    with _asked("the remote cannot be read", workspace, project) as repo:
        remote = repo.cloud.get_remote_odb()
        with tempfile.TemporaryDirectory(dir=workspace / ".ymir") as folder:
            copy = Path(folder, "object")
            for digest in sorted(digests):
                remote.fs.get_file(remote.oid_to_path(digest), str(copy))
                if md5_of_file(copy) != digest.removesuffix(".dir"):
                    yield digest


def replace(workspace: Path, project: str, digests: Collection[str]) -> int:
    """Store objects on the remote in place of what it has under their names."""
    with _asked("objects cannot be sent", workspace, project) as repo:
        remote = repo.cloud.get_remote_odb()
        for digest in remote.oids_exist(sorted(digests)):
            remote.delete(digest)
        return _transfer(repo.cache.local, remote, digests)


def _push(workspace: Path, project: str, again: Collection[str], also: Collection[str]) -> int:
    """Send the trees whose listing the remote lacks: it comes last, so the rest has arrived."""
    listings = {each.digest for _, each in pointers_of(workspace, project)}.union(also)
    if not listings:
        return 0
    with _asked("objects cannot be sent", workspace, project) as repo:
        remote = repo.cloud.get_remote_odb()
        there = set(remote.list_oids_exists(sorted(listings)))
        to_send = (listings - there) | listings.intersection(again)
        gone = lacking(cache_of(workspace / project), to_send)
        needed = {each.digest for _, each in lasting(workspace, project)}.union(also)
        _transfer(repo.cache.local, remote, gone & needed)  # sends nothing: they must be there
        # One at a time: DVC holds a kilobyte of memory per file of what it transfers at once.
        return sum(
            _transfer(repo.cache.local, remote, [each], shallow=False)
            for each in sorted(to_send - gone)
        )


def _pull(workspace: Path, project: str) -> int:
    gone = absent(workspace, project)
    try:
        return fetch_objects(workspace, gone, project=project) if gone else 0
    finally:
        with storing("folders cannot be laid out"):
            lay_out(workspace, project)


def _fetch(repo: Repo, digests: Collection[str], lost: set[str]) -> int:
    """Bring what the remote has; what it has not is added to `lost`."""
    remote, cache = repo.cloud.get_remote_odb(), repo.cache.local
    there = sorted(remote.oids_exist(sorted(digests))) if digests else []
    lost.update(set(digests).difference(there))
    failed: list[BaseException] = []
    _make_whole(cache)
    is_near = isinstance(remote.fs, LocalFileSystem)
    try:
        with nullcontext() if is_near else checked(remote.fs):
            count: int = cache.add(
                [remote.oid_to_path(each) for each in there],
                remote.fs,
                there,
                on_error=lambda _, error: failed.append(error),
            )
    except FileNotFoundError:  # DVC looks for what did not come
        if not failed:
            raise
    if failed:
        for each in there:  # it ended before this
            with suppress(FileNotFoundError):
                cache.protect(cache.oid_to_path(each))
        raise _failed(len(failed), [_said(each) for each in failed])
    return count


def _transfer(
    source: HashFileDB, target: HashFileDB, digests: Collection[str], *, shallow: bool = True
) -> int:
    """Copy what `target` lacks, unless `shallow` with the files that listings list, these first.

    Where `source` lacks one, nothing is copied.
    No index of what the remote was seen to hold is used: objects get lost there, too.
    """
    hashes = [HashInfo("md5", digest) for digest in sorted(digests)]
    _make_whole(target)
    with _reasons() as reasons:
        result = transfer(source, target, hashes, shallow=shallow, validate_status=_reject_lost)
    if result.failed:
        raise _failed(len(result.failed), reasons)
    return len(result.transferred)


def _failed(count: int, reasons: Sequence[str]) -> StoreError:
    why = f": {reasons[0]}" if reasons else ""
    return StoreError(
        f"{count} objects were not transferred{why}",
        hint="run the command again: what has arrived is kept",
    )


def _make_whole(target: HashFileDB) -> None:
    """Let a reflink appear under its name when it is whole.

    DVC makes the file, empty, then lets it share the source's blocks: an end of the process between
    these two leaves an empty object that passes for the one of its name.
    """
    fs = target.fs
    if isinstance(fs, LocalFileSystem) and "reflink" not in vars(fs):
        vars(fs)["reflink"] = partial(_reflink, fs.reflink)


def _reflink(link: Callable[[str, str], None], source: str, path: str) -> None:
    unfinished = f"{path}.{secrets.token_hex(8)}.tmp"
    try:
        link(source, unfinished)
        os.replace(unfinished, path)  # noqa: PTH105 - DVC's paths are text
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)  # noqa: PTH108


def _reject_lost(status: CompareStatusResult) -> None:
    if status.missing:
        raise LostError({"": {each.value or "" for each in status.missing}})


@contextmanager
def _asked(what: str, workspace: Path, project: str, why: str = "") -> Iterator[Repo]:
    """A DVC project whose remote is asked for something; `what` is what failed, if it does."""
    with storing(what, otherwise=STORE), opened(workspace, project, why) as repo:
        yield repo


@contextmanager
def opened(workspace: Path, project: str, why: str = "") -> Iterator[Repo]:
    """A DVC project, held against other DVC commands; its databases lie in `.ymir/`.

    `why` begins the sentence that says that there is no remote.
    """
    settings = {"core": {"site_cache_dir": str(workspace / ".ymir" / "dvc")}}
    if name := remote_of(workspace / project):
        settings["core"]["remote"] = name
    try:
        with Repo(str(workspace / project), config=settings) as repo, repo.lock:
            for remote in repo.config.get("remote", {}).values():
                remember_named({name: str(value) for name, value in remote.items()})
            yield repo
    except NoRemoteError as error:
        raise StoreError(
            f"{why}this workspace has no remote",
            hint="write `remote: <folder or URL>` in its `Workspace` spec",
        ) from error
    except (DvcException, ImportError) as error:  # an import: of what a kind of remote needs
        raise StoreError(
            f"DVC refused: {error}",
            hint=missing_package(error) or "`ymir doctor --remote` tries the remote part by part",
        ) from error


class _Reasons(logging.Handler):
    """Keeps the exceptions that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take one message."""
        if record.exc_info and record.exc_info[1]:
            self.found.append(_said(record.exc_info[1]))


def _said(error: BaseException) -> str:
    """What an error says; those of time say nothing."""
    silent = "no answer came in time" if isinstance(error, TimeoutError) else type(error).__name__
    return str(error) or silent


@contextmanager
def _reasons() -> Iterator[list[str]]:
    """Why objects are not transferred: DVC writes it into its log only."""
    log, reasons = logging.getLogger(transfer.__module__), _Reasons()
    log.setLevel(logging.ERROR)
    log.addHandler(reasons)
    try:
        yield reasons.found
    finally:
        log.removeHandler(reasons)
