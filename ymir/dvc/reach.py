"""Read what a workspace's remote has from another machine, which writes nothing there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from dvc.config import Config, ConfigError
from dvc.exceptions import DvcException
from dvc.fs import get_cloud_fs
from dvc_data.hashfile.db import get_odb

from ymir.dvc.project import MEDIA, remote_of
from ymir.dvc.refusals import is_of_store, missing_package
from ymir.errors import StoreError

Get = Callable[[str, Path], bool]

for _name in ("dvc", "dvc_objects", "dvc_data"):  # on import, DVC begins to print what it logs
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def reader(workspace: Path, project: str = MEDIA) -> Get:
    """A function that writes an object to a file; False where the remote has not got it.

    What the machine needs to sign in it finds as DVC does: in the project's `config.local`, in its
    environment, or in its own role.
    """
    try:
        config = Config(dvc_dir=str(workspace / project / ".dvc"))
        name = remote_of(workspace / project)
        if not name:
            raise StoreError(
                "this workspace has no remote",
                hint="write `remote: <folder or URL>` in its `Workspace` spec",
            )
        kind, settings, path = get_cloud_fs(config, name=name)
        files = kind(**settings)
        where = files.join(path, "files", "md5")
        store = get_odb(files, where, hash_name="md5")  # type: ignore[no-untyped-call]  # so typed
    except (DvcException, ConfigError, ImportError) as error:
        raise StoreError(
            f"the remote cannot be reached: {error}",
            hint=missing_package(error)
            or "`remote` of the `Workspace` says where it is; try again when it answers",
        ) from error

    def get(digest: str, target: Path) -> bool:
        try:
            store.fs.get_file(store.oid_to_path(digest), str(target))
        except FileNotFoundError:
            return False
        except Exception as error:
            if not (isinstance(error, OSError | DvcException) or is_of_store(error)):
                raise
            raise StoreError(
                f"the remote cannot be read: {error}",
                hint="see that your credentials allow to read and to list it",
            ) from error
        return True

    return get
