"""Where the server and the browsers find the images of a batch."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from ymir.contracts.labeling import Batch
from ymir.dvc.files import storing
from ymir.errors import DataError, StoreError
from ymir.labelstudio.client import Client, Upload
from ymir.labelstudio.projects import Project
from ymir.labelstudio.replies import AwayError
from ymir.labelstudio.settings import SharedFolder
from ymir.labelstudio.upright import is_turned, upright

_AT_ONCE = 100  # files of a request: the server's own limit
_BYTES = 32 << 20  # of a request, beyond which no further file is added
_PREFIX = re.compile(r"^[0-9a-f]{8}-")  # what the server puts before a file's name
_STORAGES = "/api/storages/localfiles/"

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Picture:
    """An image of a batch that is needed there."""

    image: str
    kind: str
    old: str  # its old name, for people
    file: Path

    @property
    def name(self) -> str:
        """What its file is called there, by which it is found again."""
        return f"{self.image}.{self.kind}"


def pictures(batch: Batch, wanted: Sequence[str]) -> list[Picture]:
    """These images of a batch, in its order."""
    chosen = set(wanted)
    rows = batch.images.select("image", "format", "file").iter_rows()
    found = [row for row in rows if row[0] in chosen]
    for image, _, old in found:
        if image not in batch.media:
            raise StoreError(f"the bytes of `{old}` are not at hand", hint="run `ymir pull`")
    return [Picture(image, kind, old, batch.media[image]) for image, kind, old in found]


def uploaded(
    client: Client, project: Project, wanted: Sequence[Picture], tell: Tell
) -> dict[str, str]:
    """Image -> its address on the server, to which it is sent unless it is there already."""
    there, patience = _uploads(client, project), client.patience()
    while left := [each for each in wanted if each.name not in there]:
        done = len(wanted) - len(left)
        try:
            for files in _requests(left):
                client.send(f"{project.path}import", files, {"commit_to_project": "false"})
                patience.renew()
                done += len(files)
                tell(done)
        except AwayError as error:
            patience.wait(error)
        there = _uploads(client, project)
        if done == len(wanted):
            _check_whole(there, wanted, client)
    return {each.image: there[each.name] for each in wanted}


def _check_whole(there: Mapping[str, str], wanted: Sequence[Picture], client: Client) -> None:
    """Raise unless the server lists everything that it took."""
    gone = [each.old for each in wanted if each.name not in there]
    if gone:
        raise DataError(
            f"Label Studio at {client.url} took {len(gone)} images and does not list them, e.g. "
            f"`{gone[0]}`",
            hint="look at its log and its disk",
        )


def _uploads(client: Client, project: Project) -> dict[str, str]:
    """Name -> address of what was uploaded, also when nothing came of it."""
    path = f"{project.path}file-uploads"
    rows = client.get(path, {"all": "true"})
    if not isinstance(rows, list):
        raise client.odd(path)
    files = sorted(str(row["file"]) for row in rows if isinstance(row, dict) and "file" in row)
    return {_PREFIX.sub("", PurePosixPath(file).name): f"/data/{file}" for file in files}


def _requests(left: Sequence[Picture]) -> Iterator[list[Upload]]:
    """The files, so many at a time that neither the server nor this machine chokes on them."""
    files: list[Upload] = []
    for each in left:
        with storing(f"`{each.old}` cannot be sent"):
            files.append((each.name, upright(each.file)))
        if len(files) == _AT_ONCE or sum(len(content) for _, content in files) >= _BYTES:
            yield files
            files = []
    if files:
        yield files


def check_upright(wanted: Iterable[Picture]) -> None:
    """Raise where browsers that fetch the files themselves would show some turned."""
    turned = [each.old for each in wanted if is_turned(each.file)]
    if turned:
        raise DataError(
            f"browsers would show {len(turned)} images turned, as their EXIF says, e.g. "
            f"`{turned[0]}`; boxes would not be where people drew them",
            hint="say `images: upload`, which sends them as they are stored",
        )


def place_of(at: SharedFolder, key: str, here: Path) -> PurePosixPath:
    """A batch's part of a shared folder, as the server sees it."""
    served = PurePosixPath(at.served or (here / at.path).expanduser().resolve())
    if PurePosixPath(at.root) not in (served / key).parents:
        raise DataError(
            f"the server's root `{at.root}` does not hold the folder of the images, `{served}`",
            hint="`root` is LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT; `served` is the folder as the "
            "server sees it",
        )
    return served / key


def shared(
    client: Client, project: Project, wanted: Sequence[Picture], at: SharedFolder, here: Path
) -> dict[str, str]:
    """Image -> its address on a server that reads it from a folder, where it is put."""
    place, folder = place_of(at, project.key, here), (here / at.path).expanduser() / project.key
    with storing(f"the images of a batch cannot be put into `{folder}`"):
        folder.mkdir(parents=True, exist_ok=True)
        for each in wanted:
            _put(each, folder / each.name)
    _ensure_storage(client, project, place)
    inside = place.relative_to(at.root)
    return {each.image: f"/data/local-files/?d={quote(str(inside / each.name))}" for each in wanted}


def _put(picture: Picture, target: Path) -> None:
    """Link an image, or copy it; it appears whole."""
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.tmp")
    partial.unlink(missing_ok=True)
    if is_turned(picture.file):
        partial.write_bytes(upright(picture.file))
    else:
        try:
            os.link(picture.file.resolve(), partial)
        except OSError:  # another file system, or too many links
            shutil.copyfile(picture.file, partial)
    partial.replace(target)


def _ensure_storage(client: Client, project: Project, place: PurePosixPath) -> None:
    """Allow the server to serve the folder; it answers 404 for any other."""
    rows = client.get(_STORAGES, {"project": project.id})
    known = rows if isinstance(rows, list) else []
    if any(isinstance(row, dict) and row.get("path") == str(place) for row in known):
        return
    body: Mapping[str, str | int | bool] = {
        "project": project.id,
        "path": str(place),
        "title": f"ymir {project.key}",
        "use_blob_urls": True,
    }
    try:
        client.act(_STORAGES, dict(body))  # a second one would do no harm
    except DataError as error:
        raise DataError(
            str(error),
            hint="the server needs LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true, and "
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT set to `root`",
        ) from error
