"""Read a folder of images, and say how long it took: a program that starts as light as `ymir`.

    python read.py FOLDER WORKSPACE TIMES

One line of JSON for each time: the seconds of reading and hashing, and of an import that links or
copies. It is a program of its own because the processes that work is spread over import it again.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import md5
from pathlib import Path


def main() -> None:
    """As often as asked."""
    folder, workspace, times = sys.argv[1:]
    names = [path.relative_to(folder).as_posix() for path in sorted(Path(folder).rglob("*.jpg"))]
    hashes(folder, names)  # all of it is in the cache of the disk from now on
    for _ in range(int(times)):
        seconds = {"hash": _seconds(lambda: hashes(folder, names))}
        for how in ("copy", "link"):  # a link changes the file: it comes last
            seconds[how] = _imported(Path(workspace), folder, how)
        print(json.dumps(seconds), flush=True)


def hashes(folder: str, names: Sequence[str]) -> list[str]:
    """The md5 of each file, worked out by as many processes as an import would take."""
    from ymir.media.workers import spread
    from ymir.sources.reading import effort_for

    files = [f"{folder}/{name}" for name in names]
    return spread(_hash, files, seconds=effort_for(folder, names).seconds)


def _hash(files: Sequence[str]) -> list[str]:
    return [md5(Path(file).read_bytes(), usedforsecurity=False).hexdigest() for file in files]


def _imported(workspace: Path, folder: str, how: str) -> float:
    """An import into a new workspace."""
    from ymir.media.store import MediaStore
    from ymir.sources.imports import import_source
    from ymir.spec.source import Source

    source = Source.model_validate({"format": "images", "path": folder, "store": how})
    seconds = _seconds(lambda: import_source(source, MediaStore(workspace), labels={}))
    shutil.rmtree(workspace)
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


if __name__ == "__main__":
    main()
