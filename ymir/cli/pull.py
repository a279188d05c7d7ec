"""`ymir pull`: bring the data of a clone back from the remote."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.dvc import pointer
from ymir.dvc.folders import missing
from ymir.dvc.project import MEDIA, cache_of, prepare
from ymir.dvc.stock import lacking
from ymir.dvc.tracked import TRACKED, is_whole
from ymir.errors import LostError, StoreError
from ymir.lock import locked
from ymir.stores.dvc import DvcStore


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only these: a dataset or one version, `site-train@v2`; by default everything.",
            metavar="DATASET[@vN]",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = Path(),
    media: Annotated[
        bool, typer.Option("--media/--no-media", help="Images, too, or tables and reports only.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch datasets, rounds, reports and images that this commit names, and lay them out.

    Of a named dataset come its tables, and of the images those that it holds: objects, no folders.
    """
    root = workspace.resolve()
    named = catalogue(root).workspace.remote
    with locked(root):
        prepare(root, named)
        try:
            count = _pull_some(root, names, media=media) if names else _pull_all(root, media=media)
        except LostError as error:
            raise _in_words(root, error) from error
    if as_json:
        console.data({"objects": count})
    else:
        console.out(f"{count} objects fetched" if count else "everything is here")


def _pull_all(root: Path, *, media: bool) -> int:
    projects = [each for each in TRACKED if media or each != MEDIA]
    if all(is_whole(root, each) for each in projects):
        return 0
    from ymir.dvc import remote  # importing DVC takes half a second

    return remote.pull(root, projects)


def _pull_some(root: Path, names: Collection[str], *, media: bool) -> int:
    store = DvcStore(root)
    cache = cache_of(root)
    pointers = {store.pointer_of(name) for name in names}
    absent = {one for each in pointers for one in missing(cache, pointer.read(each).digest)}
    count = _fetch(root, absent, "")
    opened = [store.open(name) for name in names]
    if not media:
        return count
    from ymir.keeping.images import images_in  # Polars, too, is slow to import

    images = set().union(*(images_in(folder.rglob("*.parquet")) for folder in opened))
    return count + _fetch(root, lacking(cache_of(root / MEDIA), images), MEDIA)


def _in_words(root: Path, error: LostError) -> StoreError:
    """Which versions lack what; all else is here."""
    from ymir.keeping.bereft import bereft  # Polars is slow to import

    count = sum(map(len, error.lost.values()))
    which = "".join(f"\n  {each.says}" for each in bereft(root, error.lost))
    return StoreError(
        f"{count} object{'s are' if count != 1 else ' is'} neither here nor on the remote; all "
        f"else is here, and what does not need {'them' if count != 1 else 'it'} works:{which}",
        hint="`ymir push` where the data was made sends them; `ymir fsck --fix` looks for them "
        "in the files that images were imported from",
    )


def _fetch(root: Path, digests: Collection[str], project: str) -> int:
    if not digests:
        return 0
    from ymir.dvc import remote

    return remote.fetch_objects(root, digests, project=project)
