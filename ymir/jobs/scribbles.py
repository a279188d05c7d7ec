"""Whether an executor left its images alone: they are links to the store's own objects."""

from pathlib import Path

from ymir.dvc.objects import md5_of_file, object_path
from ymir.errors import ResultError

_READ_ONLY = 0o444


def scribbled(job: Path, cache: Path) -> list[Path]:
    """The objects behind a job's images that are no longer what their names say.

    Only those that were written since the job was laid out are read again.
    """
    try:
        since = (job / "in" / "env.yaml").stat().st_mtime_ns
    except OSError as error:
        raise ResultError(
            "the executor took away what it was given: `in/env.yaml` is not there any more",
            hint="executors may write under `out` only; `ymir fsck` looks at all images",
        ) from error
    images = {path.stem for path in (job / "in" / "assets").glob("*/*")}
    objects = (object_path(cache, image) for image in sorted(images))
    return [path for path in objects if _was_written(path, since) and not _is_whole(path)]


def _was_written(path: Path, since: int) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return found.st_mtime_ns > since or found.st_mode & 0o777 != _READ_ONLY


def _is_whole(path: Path) -> bool:
    return md5_of_file(path) == path.parent.name + path.name
