"""What comes over a network gets its name in a cache only if its content is what the name says.

DVC (dvc-objects 5.2, `fs.generic._get`) believes that whatever a server sends is all of it; and a
file that it fetches alone gets its name even where the fetching failed, with what came until then.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ymir.dvc.objects import md5_of_file


@contextmanager
def checked(fs: Any) -> Iterator[None]:  # noqa: ANN401 - DVC's file systems have no types
    """Inside, an object that this remote sends by halves, or damaged, is an `OSError`, and gone."""
    asynchronous = fs.fs if fs.fs.async_impl else None
    vars(fs)["get_file"] = _checking(fs.get_file)
    if asynchronous:
        vars(asynchronous)["_get_file"] = _checking_later(asynchronous._get_file)  # noqa: SLF001
    try:
        yield
    finally:
        del vars(fs)["get_file"]
        if asynchronous:
            del vars(asynchronous)["_get_file"]


def _checking(fetch: Callable[..., object]) -> Callable[..., object]:
    def get_file(source: str, path: str, *words: object, **more: object) -> object:
        with _kept_if_whole(source, Path(path)):
            return fetch(source, path, *words, **more)

    return get_file


def _checking_later(fetch: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    async def get_file(source: str, path: str, *words: object, **more: object) -> object:
        with _kept_if_whole(source, Path(path)):
            return await fetch(source, path, *words, **more)

    return get_file


@contextmanager
def _kept_if_whole(source: str, path: Path) -> Iterator[None]:
    """`source` ends with an object's two names, as `…/ab/cdef.dir`; `path` is where it arrives."""
    named = "".join(source.rsplit("/", 2)[-2:])
    try:
        yield
        _compare(named, path)
    except BaseException:
        with suppress(FileNotFoundError):
            path.unlink()
        raise


def _compare(named: str, path: Path) -> None:
    if md5_of_file(path) != named.removesuffix(".dir"):
        raise OSError(f"`{named}` came damaged, or not all of it")
